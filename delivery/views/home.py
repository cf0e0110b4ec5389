"""The home of patients and caregivers: how the certification stands first, then what is on its way."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.actions import record
from certification.models import Caregiver, Certification, Patient
from certification.rules import obtain_another_by, still_to_affirm
from certification.standing import Standing, standing_of
from delivery.ledger import Ledger, ledger_of
from delivery.models import Order
from delivery.orderers import patients_of
from delivery.rules import check_orderer
from delivery.shop import refusal_of


@dataclass(frozen=True)
class PatientCard:
    """A patient's latest certification, how it stands today, and why the account cannot order, if so."""

    patient: Patient
    certification: Certification
    standing: Standing
    is_own: bool
    refusal: str
    another_by: date | None  # until when another may be obtained for one that was withdrawn
    ledger: Ledger | None  # of one that runs, where the account acts for nobody else


@require_safe
def home(request):
    user, today = request.user, timezone.localdate()
    people = [
        person for model in (Patient, Caregiver) if (person := model.objects.filter(user=user).first()) is not None
    ]
    if not people:
        return redirect("accounts:role")
    cards = _cards(user, today)
    to_affirm = any(still_to_affirm(person) for person in people)
    if to_affirm and not cards:
        return redirect("certification:affirmation")
    for card in cards:
        if not card.is_own:
            record(action="patient.view", by=user, subject=card.patient)
    orders = _upcoming([card.patient for card in cards], today)
    context = {"person": people[0], "cards": cards, "orders": orders, "to_affirm": to_affirm}
    return render(request, "delivery/home.html", context)


def _upcoming(patients, today):
    orders = Order.objects.holding().filter(patient__in=patients, window__date__gte=today)
    return orders.select_related("window", "patient").order_by("window__date", "window__starts", "pk")


def _cards(user, today):
    """One for each patient whom the account acts for, her own first."""
    signed = Certification.objects.exclude(status=Certification.Status.DRAFT).select_related("physician")
    latest_first = signed.defer("condition_codes", "directions", "ended_reason").order_by("-certified_at")
    patients = patients_of(user).prefetch_related(Prefetch("certifications", latest_first))
    cards = [_card(patient, user, today, is_only=len(patients) == 1) for patient in patients]
    return sorted(cards, key=lambda card: not card.is_own)


def _card(patient, user, today, *, is_only):
    certification = patient.certifications.all()[0]
    another_by = obtain_another_by(certification)
    standing = standing_of(certification, today=today)
    is_running = standing.days_left is not None
    return PatientCard(
        patient=patient,
        certification=certification,
        standing=standing,
        is_own=patient.user_id == user.pk,
        refusal=refusal_of(check_orderer, patient, user=user, today=today),
        another_by=another_by if another_by and today <= another_by else None,
        ledger=ledger_of(patient, certification, now=timezone.now()) if is_running and is_only else None,
    )
