"""What must follow upwards from every action."""

from django.dispatch import Signal

recorded = Signal()  # event: an audit.Event, after the commit
