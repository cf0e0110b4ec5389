"""What others must follow in the transaction in which it happens, as in delivery/signals.py."""

from django.dispatch import Signal

units_swapped = Signal()  # came_back, given, hand_over, by: units of which the others were with the patient all along
