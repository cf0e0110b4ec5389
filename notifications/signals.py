"""The signal to the apps above after each try to send a message."""

from django.dispatch import Signal

tried = Signal()  # kind, is_sent: one try to send one message
