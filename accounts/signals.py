"""What must follow upwards. Each is sent by an action inside its transaction; the receivers call one action each."""

from django.dispatch import Signal

practice_left = Signal()  # physician, left_date: the first day on which she no longer certifies; it may be ahead
