"""Made-up words for each kind of message of this app, and who gets it when. No row of the database is read."""

from functools import partial
from typing import Any
from uuid import UUID

from certification.samples import patient
from delivery.samples import ORDERER, order
from dispensing.emails import words_of
from dispensing.models import Recall, RecalledPerson
from notifications import kinds


def _recalled() -> dict[str, dict[str, Any]]:
    recall = Recall(
        pk=1, lot_number="LOT-2051", reason="It may hold mold.",
        instructions="Do not use it. Keep it closed until our driver fetches it.",
    )  # fmt: skip
    return {"": words_of(RecalledPerson(uuid=UUID(int=1), recall=recall, patient=patient()))}


def register_samples() -> None:
    """Tell the list of kinds who gets each kind of message and when, with samples."""
    kinds.describe(
        "assessment_due",
        readers=ORDERER,
        when="Two weeks after the patient’s first delivery.",
        samples=lambda: {"": {"order": order("delivered"), "uuid": UUID(int=1)}},
    )
    to_holder = partial(kinds.describe, readers="Who got some of a recalled lot", samples=_recalled)
    to_holder("lot_recalled", when="A lot was recalled of which the patient got some.")
    to_holder("recall_reminder", when="Two days after that, where nobody has answered.")
    kinds.describe(
        "report_alarm",
        readers="Pharmacists and Managers",
        when="A dispensing is not reported after 50 minutes, or the program did not find what a void takes back.",
        samples=lambda: {
            "": {"why": "late", "late": 2, "zero": 0},
            "a void not found": {"why": "delete_not_found", "answer": 1},
        },
        is_in_english=True,
    )
