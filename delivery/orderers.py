"""For whom an account acts: the one place that answers it."""

from dataclasses import dataclass
from functools import wraps

from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone

from accounts.models import User
from certification.models import Caregiver, CaregiverAssignment, Patient
from delivery.models import Order
from delivery.phone import began_at, caller_of
from delivery.rules import OrdererError, check_orderer

CHOSEN = "acting_for"  # session key: the number of the patient whom a caregiver of several chose last


def patients_of(user):
    """Whom `user` may see and act for: herself, and everybody whose caregiver she is now; each after affirming."""
    return Patient.objects.in_hands_of(user).with_standing().order_by("pk")


def people_of(request):
    """(patients, caller): whom the account acts for, or on the phone those for whom the caller may order."""
    caller = caller_of(request)
    if caller is None:
        return list(patients_of(request.user)), None
    assignments = CaregiverAssignment.objects.filter(ended_date__isnull=True)
    if isinstance(caller, Patient):
        patients = Patient.objects.filter(pk=caller.pk)
    else:
        patients = Patient.objects.filter(
            pk__in=assignments.filter(caregiver=caller, affirmed_at__isnull=False).values("patient")
        )
    return list(patients.with_standing().order_by("pk")), caller


@dataclass(frozen=True)
class Orderer:
    """An account, the patient it acts for on this page, and all those it could act for."""

    user: User
    patient: Patient
    patients: list[Patient]
    caller: Patient | Caregiver | None = None

    @property
    def refusal(self):
        """Why nothing can be ordered for the patient, or nothing."""
        try:
            check_orderer(self.patient, user=self.user, today=timezone.localdate(), caller=self.caller)
        except OrdererError as error:
            return str(error)
        return ""

    @property
    def is_for_somebody_else(self):
        return self.patient.user_id != self.user.pk

    @property
    def others(self):
        return [patient for patient in self.patients if patient != self.patient]


def orderer_required(view):
    """Sets `request.orderer`. A form names its patient (`patient`): another tab may have chosen somebody else since."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        patients, caller = people_of(request)
        if not patients:
            return redirect("delivery:home")
        named = {patient.number: patient for patient in patients}
        asked = request.POST.get("patient")
        if asked and asked not in named:
            raise Http404
        own_or_first = next((one for one in patients if one.user_id == request.user.pk), patients[0])
        patient = named.get(asked or request.session.get(CHOSEN), own_or_first)
        request.orderer = Orderer(request.user, patient, patients, caller)
        return view(request, *args, **kwargs)

    return guarded


def not_by_phone(view):
    """Hide a page from staff during a call: they see what ordering needs, and no more of the caller's record."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if caller_of(request) is not None:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def orders_seen(request, patients, caller):
    """The orders of `patients` that the account may see; during a call, what was ordered in this call."""
    orders = Order.objects.placed().filter(patient__in=patients)
    if caller is None:
        return orders
    return orders.filter(assisted_by=request.user, placed_at__gte=began_at(request))
