"""Signals to the apps above. An action sends each inside its transaction; each receiver calls one action."""

from django.dispatch import Signal

application_verified = Signal()  # application, physician: the physician who has the applicant's account from now on
practice_left = (
    Signal()
)  # physician, left_date: the first day on which the physician no longer certifies; it may be ahead
