"""What an account is to the portal: the answer for one account, and the annotations of User from which it is read."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from accounts.models.applications import Decision, PhysicianApplication
from accounts.models.physicians import Delegate, Physician


@dataclass(frozen=True)
class Person:
    """The roles of an account today. A visitor who is not signed in has none."""

    physician: Physician | None = None
    is_staff: bool = False
    is_delegate: bool = False  # a physician has named the account as a delegate who has not ended
    is_applicant: bool = False  # the account has applied as a physician and waits for the decision
    is_patient: bool = False
    is_caregiver: bool = False

    @property
    def is_physician(self) -> bool:
        return self.physician is not None

    @property
    def is_professional(self) -> bool:
        """Physicians, applicants, delegates and staff: shorter sessions, a second factor, and pages in English."""
        return self.is_staff or self.is_delegate or self.is_applicant or self.is_physician

    @property
    def is_member(self) -> bool:
        """Patients and caregivers."""
        return self.is_patient or self.is_caregiver


ROLES = ("is_delegate", "is_applicant", "is_patient", "is_caregiver")


def role_annotations(day: date) -> dict[str, Any]:
    """Return the roles of an account on `day` as annotations of User, under the names of the fields of `Person`.

    The tables of patients and caregivers belong to an app above.
    """
    waiting = PhysicianApplication.objects.filter(status=Decision.PENDING, user=OuterRef("pk"))
    return {
        "is_delegate": Exists(Delegate.objects.current(day).filter(user=OuterRef("pk"))),
        "is_applicant": _is_true(Q(Exists(waiting), physician__isnull=True)),
        "is_patient": _is_true(Q(patient__isnull=False)),
        "is_caregiver": _is_true(Q(caregiver__isnull=False)),
    }


def _is_true(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())
