"""What must follow upwards. Each is sent by an action inside its transaction; the receivers call one action each."""

from django.dispatch import Signal

certification_ended = Signal()  # patient, from_day: deliveries from that day on are no longer covered
caregiver_ended = Signal()  # patient, caregiver
allotment_lowered = Signal()  # patient
