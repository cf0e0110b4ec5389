"""The patients on the home page: the status of each certification, and what is left of the allotment."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import User
from certification.models import Certification, Patient, PatientToday
from certification.presenters.status_on_day import StatusOnDay, status_on_day
from certification.rules import obtain_another_by, renewal_can_be_asked_from
from delivery import rules
from delivery.models import Order
from delivery.presenters.ledger import Ledger, ledger_of


@dataclass(frozen=True)
class PatientCard:
    """A patient's latest certification, its status today, and why the account cannot order, or empty."""

    read: PatientToday
    certification: Certification
    status_on_day: StatusOnDay
    is_own: bool
    refusal: str
    another_by: date | None  # until when another certification may be obtained after a withdrawal
    can_ask_for_renewal: bool
    ledger: Ledger | None  # of a certification that runs, where the account orders for one patient alone

    @property
    def patient(self) -> Patient:
        return self.read.patient


def patient_cards(user: User, *, today: date) -> list[PatientCard]:
    """Return one card for each patient for whom the account may order, its own patient first."""
    signed = Certification.objects.select_related("physician")
    latest_first = signed.defer("condition_codes", "directions", "ended_reason").order_by("-certified_at")
    patients = Patient.objects.in_hands_of(user).prefetch_related(Prefetch("certifications", latest_first))
    found = patients.order_by("pk").read_today()
    cards = [_card(each, user, today, is_only=len(found) == 1) for each in found]
    return sorted(cards, key=lambda card: not card.is_own)


def _card(of: PatientToday, user: User, today: date, *, is_only: bool) -> PatientCard:
    patient = of.patient
    certification = patient.certifications.all()[0]
    another_by = obtain_another_by(certification)
    status = status_on_day(certification, today=today)
    is_running = status.days_left is not None
    return PatientCard(
        read=of,
        certification=certification,
        status_on_day=status,
        is_own=patient.user_id == user.pk,
        refusal=rules.refusal_of(rules.check_orderer, patient, user=user, today=today, assignment=of.assignment),
        another_by=another_by if another_by and today <= another_by else None,
        can_ask_for_renewal=renewal_can_be_asked_from(certification, today=today) is None,
        ledger=ledger_of(patient, certification, now=timezone.now()) if is_running and is_only else None,
    )


def coming_orders(cards: list[PatientCard], *, today: date) -> QuerySet[Order]:
    """Return the open orders of these patients from today on, the next first."""
    orders = Order.objects.open().filter(patient__in=[card.patient for card in cards], window__date__gte=today)
    return orders.select_related("window", "patient").order_by("window__date", "window__starts", "pk")
