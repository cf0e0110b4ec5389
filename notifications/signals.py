"""The signals to the apps above: after each try to send a message, and in the transaction of a call."""

from django.dispatch import Signal

tried = Signal()  # kind, is_sent: one try to send one message
reached = Signal()  # notification, note, by: a call of the call list reached the person
