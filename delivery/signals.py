"""What the apps above must follow. An action sends each signal inside its transaction; a receiver calls one action.

So the rows of a receiver are written together with those of the action, or not at all: a receiver that raises undoes
the action. Each signal is sent once for what happened once, never for a call that is repeated. `by` is the account.
"""

from django.dispatch import Signal

order_placed = Signal()  # order, patient, by: the PatientToday of the order
order_packed = Signal()  # order, by
order_unpacked = Signal()  # order, by: its items go back to the shelf, also when a packed order ends here
order_repacked = Signal()  # order, by: what a packed order holds has changed
order_left = Signal()  # order, by: it is under way with the driver of its run
order_handed_over = Signal()  # order, hand_over, by
order_returned = Signal()  # order, attempt, by: it comes back with the driver
order_taken_in = Signal()  # order, items, scans, by: the ReturnedItem rows that were counted, and what labels say
returned_item_decided = Signal()  # decision, by: a second person restocked, kept or destroyed some of an item
hand_over_corrected = Signal()  # hand_over, corrections, serials, by: the new rows, and what was scanned for each
