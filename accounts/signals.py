"""What must follow upwards. Each is sent by an action inside its transaction; the receivers call one action each."""

from django.dispatch import Signal

application_verified = Signal()  # application, physician: who she is from now on, with the applicant's account
practice_left = Signal()  # physician, left_date: the first day on which she no longer certifies; it may be ahead
