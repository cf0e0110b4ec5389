"""What must follow upwards from the sender of the outbox."""

from django.dispatch import Signal

tried = Signal()  # kind, is_sent: one try to send one message
