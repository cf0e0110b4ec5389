"""That a patient goes from one physician to another."""

from datetime import date

from accounts.models import Physician, User
from audit.actions import audited
from certification.models import Patient, TakeOver
from certification.writes.take_overs import agree


@audited("takeover.agree", subject="patient")
def agree_take_over(
    *, patient: Patient, physician: Physician, agreed_with: str, how: str, agreed_date: date, by: User
) -> TakeOver:
    """Write that `physician` may certify the patient in the place of the one whose certification runs, and return it.

    `agreed_with` is a TakeOver.AgreedWith; when it is agreed again before the signature, the later words stand. Nothing
    else changes until the physician signs. Raises TakeOverError, IncompleteError.
    """
    return agree(patient, physician, agreed_with=agreed_with, how=how, agreed_date=agreed_date, by=by)
