"""What the signed-in person of a request is to the portal: one object, read in one query."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from accounts.models import Physician, User
from accounts.requests import SignedInRequest


@dataclass(frozen=True)
class Person:
    """The roles of an account today. A visitor who is not signed in has none."""

    physician: Physician | None = None
    is_staff: bool = False
    is_delegate: bool = False
    is_applicant: bool = False
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


class PersonRequest(SignedInRequest):
    """The request of a signed-in person, with what that person is."""

    person: Person


def person_of(user: User | AnonymousUser) -> Person:
    """Return what `user` is. It costs no query when PortalBackend has read the account."""
    if not isinstance(user, User):
        return Person()
    return Person(
        physician=getattr(user, "physician", None),
        is_staff=user.is_staff,
        is_delegate=user.is_delegate,
        is_applicant=user.is_applicant,
        is_patient=user.is_patient,
        is_caregiver=user.is_caregiver,
    )
