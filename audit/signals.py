"""The signal to the apps above after every event."""

from django.dispatch import Signal

recorded = Signal()  # event: an audit.Event, after the commit
