"""Patients, caregivers, and who acts for whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Optional, Self

from django.conf import settings
from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Right
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.models import User
from certification.models import validity
from ui.fields import EncryptedTextField
from ui.prepared import Prepared

if TYPE_CHECKING:
    from certification.models.certifications import Certification


class Sex(models.TextChoices):
    FEMALE = "F", _("Female")
    MALE = "M", _("Male")
    UNKNOWN = "U", _("Not stated")


class Person(models.Model):
    """The fields that patients and caregivers share: number, name, birth date, address, contact, account."""

    created_at = models.DateTimeField(auto_now_add=True)
    number = models.CharField(max_length=20, unique=True)
    first_name = models.CharField(max_length=100)
    middle_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100)
    suffix = models.CharField(max_length=20, blank=True)
    search_name = models.CharField(max_length=330)
    birth_date = models.DateField()
    sex = models.CharField(max_length=1, choices=Sex, default=Sex.UNKNOWN)
    street = models.CharField(max_length=200)
    unit = models.CharField(max_length=50, blank=True)
    city = models.CharField(max_length=100)
    state = models.CharField(max_length=2, default="CT")
    zip_code = models.CharField(max_length=5)
    email = models.EmailField(blank=True)
    has_no_email = models.BooleanField(default=False)
    phone = PhoneNumberField()
    language = models.CharField(max_length=10, default="en")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.middle_name, self.last_name, self.suffix) if part)

    @property
    def street_address(self) -> str:
        return " ".join(part for part in (self.street, self.unit) if part)

    @property
    def town(self) -> str:
        return f"{self.city}, {self.state} {self.zip_code}"

    @property
    def facts(self) -> dict[str, str]:
        """Name, birth date and contact data as JSON: stored with what is signed, and compared a year later."""
        return {
            "name": self.name,
            "birth_date": self.birth_date.isoformat(),
            "address": f"{self.street_address}, {self.town}",
            "phone": str(self.phone),
            "email": self.email,
        }


def person_indexes(table: str) -> list[models.Index]:
    """Return the indexes by which people are found; names also have an index of PostgreSQL (`ui.lookups`)."""
    return [
        models.Index(fields=["search_name"], opclasses=["varchar_pattern_ops"], name=f"{table}_search_name"),
        models.Index(fields=["birth_date"], name=f"{table}_birth_date"),
        models.Index(Right("phone", 4), name=f"{table}_phone_end"),
    ]


def person_constraints(table: str) -> list[models.BaseConstraint]:
    """Return the constraints of every person, under names that begin with the table's."""
    return [
        models.CheckConstraint(
            condition=Q(email="", has_no_email=True) | (~Q(email="") & Q(has_no_email=False)),
            name=f"{table}_email_or_none",
        ),
        models.CheckConstraint(condition=Q(sex__in=["F", "M", "U"]), name=f"{table}_sex"),
        models.CheckConstraint(condition=~Q(phone=""), name=f"{table}_has_phone"),
    ]


_also_asked: dict[str, BaseExpression] = {}


def ask_also(**conditions: BaseExpression) -> None:
    """Have `read_today` answer more about each patient: conditions over the patient's row, by name.

    An app above asks for what it would otherwise read by a query of its own at each order.
    """
    _also_asked.update(conditions)


class PatientQuerySet(models.QuerySet["Patient"]):
    SEALED = ("condition_codes", "directions", "ended_reason", "patient_as_signed")  # decrypted where shown alone

    def in_hands_of(self, user: User | int) -> Self:
        """Return whom `user` may see and act for: the own record, and each patient of whom they are the caregiver now.

        Each counts after it was affirmed. The filter puts two lists together, each from an index: with an OR,
        PostgreSQL read all patients at each request.
        """
        own = Patient.objects.filter(user=user, affirmed_at__isnull=False)
        acts = CaregiverAssignment.objects.filter(
            caregiver__user=user, ended_date__isnull=True, affirmed_at__isnull=False
        )
        return self.filter(pk__in=own.values("pk").union(acts.values("patient")))

    def read_today(self) -> list["PatientToday"]:
        """Return the patients, each with the open assignment and the running certification, in one query."""
        return [patient_today(row) for row in self.joined_on(timezone.localdate())]

    def joined_on(self, today: date) -> Self:
        """Return the patients with what `read_today` reads of them on that day."""
        running = validity.running_on(today, "certifications__")
        joined: dict[str, Any] = {
            "joined_assignment": FilteredRelation("assignments", condition=Q(assignments__ended_date__isnull=True)),
            "joined_certification": FilteredRelation("certifications", condition=running),
        }
        unread = ["joined_assignment__need", *(f"joined_certification__{name}" for name in self.SEALED)]
        rows = self.annotate(**joined, **_also_asked).select_related(
            "joined_assignment__caregiver", "joined_certification"
        )
        return rows.defer(*unread)


class Patient(Person):
    """Somebody a physician has certified at least once."""

    class Closed(models.TextChoices):
        DIED = "died", _("The patient has died")
        MOVED = "moved", _("The patient has moved out of Connecticut")
        OWN_WISH = "own_wish", _("The patient wants to leave the program")

    has_legal_capacity = models.BooleanField(default=True)
    affirmed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_for = models.CharField(max_length=10, choices=Closed, blank=True)
    closed_words = EncryptedTextField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PatientQuerySet.as_manager()

    class Meta:
        indexes = person_indexes("patient")
        constraints = [
            *person_constraints("patient"),
            models.CheckConstraint(condition=Q(state="CT"), name="patient_lives_in_connecticut"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True, closed_for="", closed_words__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False, closed_for__in=["died", "moved", "own_wish"]),
                name="patient_closed_for_a_reason",
            ),
        ]

    def certification_on(self, day: date) -> Optional["Certification"]:
        """Return the certification that is valid on `day`, or None."""
        return self.certifications.valid_on(day).first()

    @property
    def current_assignment(self) -> Optional["CaregiverAssignment"]:
        """The assignment of the caregiver who acts for the patient now, or None."""
        return next((assignment for assignment in self.assignments.all() if assignment.ended_date is None), None)

    @property
    def past_assignments(self) -> list["CaregiverAssignment"]:
        """The assignments that ended, the last first."""
        ended = [(row.ended_date, row.pk, row) for row in self.assignments.all() if row.ended_date is not None]
        return [row for _day, _pk, row in sorted(ended, key=lambda dated: dated[:2], reverse=True)]


class Caregiver(Person):
    """An adult who orders and receives for a patient. A guardian is one."""

    class Meta:
        indexes = person_indexes("caregiver")
        constraints = [
            *person_constraints("caregiver"),
            models.UniqueConstraint(fields=["search_name", "birth_date", "phone"], name="caregiver_entered_once"),
        ]


class CaregiverAssignment(models.Model):
    """Which caregiver acts for which patient, from `started_date` until `ended_date` (half-open), once affirmed."""

    class Relationship(models.TextChoices):
        PARENT = "parent", _("Parent")
        GUARDIAN = "guardian", _("Guardian")
        CUSTODIAN = "custodian", _("Other legal custodian")
        CONSERVATOR = "conservator", _("Conservator")
        CHILD = "child", _("Son or daughter")
        SIBLING = "sibling", _("Brother or sister")
        SPOUSE = "spouse", _("Husband, wife or partner")
        OTHER = "other", _("Somebody else")

    created_at = models.DateTimeField(auto_now_add=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="assignments")
    caregiver = models.ForeignKey(Caregiver, on_delete=models.PROTECT, related_name="assignments")
    need = EncryptedTextField(blank=True, help_text=_("Why the patient needs a caregiver."))
    relationship = models.CharField(max_length=20, choices=Relationship)
    affirmed_at = models.DateTimeField(null=True, blank=True)
    started_date = models.DateField()
    ended_date = models.DateField(null=True, blank=True)
    ended_reason = EncryptedTextField(null=True, blank=True, help_text=_("Why the caregiver acts no more."))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(ended_date__isnull=True), name="assignment_one_open_per_patient"
            ),
            models.CheckConstraint(
                condition=Q(ended_date__isnull=True) | Q(ended_date__gte=F("started_date")), name="assignment_dates"
            ),
            models.CheckConstraint(
                condition=Q(ended_date__isnull=True) | Q(ended_reason__isnull=False), name="assignment_end_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(
                    relationship__in=[
                        "parent", "guardian", "custodian", "conservator", "child", "sibling", "spouse", "other",
                    ]
                ),
                name="assignment_relationship",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"assignment {self.pk}"


@dataclass(frozen=True)
class PatientToday:
    """A patient, the assignment of the caregiver who acts for the patient now, and the certification that runs today.

    A patient has at most one of each. `answers` are those to `ask_also`. `PatientQuerySet.read_today` makes it.
    """

    patient: Patient
    assignment: CaregiverAssignment | None
    certification: Optional["Certification"]
    answers: Mapping[str, bool]


def patient_today(row: Patient) -> PatientToday:
    """Return the patient of a row of `joined_on`."""
    return PatientToday(
        patient=row,  # Django sets an attribute only where the join found a row
        assignment=getattr(row, "joined_assignment", None),
        certification=getattr(row, "joined_certification", None),
        answers={name: getattr(row, name) for name in _also_asked},
    )


def in_hands_today(user: User) -> list[PatientToday]:
    """Return what `read_today` does for the patients in the hands of the account, in the order of their keys."""
    return [patient_today(row) for row in _in_hands.rows(user=user.pk, today=timezone.localdate())]


def today_of(patient: Patient) -> PatientToday:
    """Return what `read_today` does for one patient."""
    return patient_today(_one.rows(patient=patient.pk, today=timezone.localdate())[0])


_one = Prepared(lambda *, patient, today: Patient.objects.filter(pk=patient).joined_on(today), fixed=["today"])
_in_hands = Prepared(
    lambda *, user, today: Patient.objects.in_hands_of(user).order_by("pk").joined_on(today), fixed=["today"]
)
