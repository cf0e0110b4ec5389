"""The home of patients and caregivers: the next delivery, the certification, and what comes next."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from audit.actions import record
from certification.presenters.people import address_that_bounces, people_of
from certification.rules import still_to_affirm
from delivery.presenters.asked import asked_about
from delivery.presenters.home import home_of


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    user, today = request.user, timezone.localdate()
    people = people_of(user)
    if not people:
        return redirect("accounts:role")
    to_affirm = any(still_to_affirm(person) for person in people)
    shown = home_of(user, today=today, to_affirm=to_affirm)
    if to_affirm and not shown.cards:
        return redirect("certification:affirmation")
    for card in shown.cards:
        if not card.is_own:
            record(action="patient.view", by=user, subject=card.patient)
    context = {
        "person": people[0],
        "home": shown,
        "asked": asked_about([card.read for card in shown.cards if not card.refusal], user=user, in_full=False),
        "address_that_bounces": address_that_bounces(people[0], account_email=user.email),
    }
    return render(request, "delivery/home.html", context)
