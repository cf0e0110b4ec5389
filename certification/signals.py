"""What the apps above must follow. An action sends each signal inside its transaction; a receiver calls one action."""

from django.dispatch import Signal

certification_ended = Signal()  # patient, from_day: deliveries from that day on are no longer covered
caregiver_ended = Signal()  # patient, caregiver
allotment_lowered = Signal()  # patient
