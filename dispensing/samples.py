"""Made-up words for each kind of message of this app, and who gets it when. No row of the database is read."""

from uuid import UUID

from delivery.samples import ORDERER, order
from notifications import kinds


def register_samples() -> None:
    """Tell the list of kinds who gets each kind of message and when, with samples."""
    kinds.describe(
        "assessment_due",
        readers=ORDERER,
        when="Two weeks after the patient’s first delivery.",
        samples=lambda: {"": {"order": order("delivered"), "uuid": UUID(int=1)}},
    )
