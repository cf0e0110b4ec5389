"""The orderer: for which patients an account may order, and for which of them it orders now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.requests import SignedInRequest
from certification.models import CaregiverAssignment, Certification, Patient, PatientToday
from certification.models.people import PatientQuerySet, in_hands_today
from delivery.models import Order
from delivery.models.orders import OrderQuerySet
from delivery.phone import Caller, began_at, caller_of
from delivery.rules import check_orderer, refusal_of

CHOSEN = "acting_for"  # session key: the number of the patient that a caregiver of two or more chose last

Arguments = ParamSpec("Arguments")


@dataclass(frozen=True)
class Orderer:
    """An account, the patient for whom it orders on this page, and all patients for whom it could order.

    During a call `caller` is the person on the phone, and the account is the member of staff who took the call.
    """

    user: User
    chosen: PatientToday
    could_choose: list[PatientToday]
    caller: Caller | None = None

    @property
    def patient(self) -> Patient:
        return self.chosen.patient

    @property
    def assignment(self) -> CaregiverAssignment | None:
        """The open assignment of the patient's caregiver, or None."""
        return self.chosen.assignment

    @property
    def certification(self) -> Certification | None:
        """The patient's certification that runs today, or None."""
        return self.chosen.certification

    @property
    def refusal(self) -> str:
        """The sentence that says why nothing can be ordered for the patient, or an empty text."""
        return refusal_of(
            check_orderer,
            self.patient,
            user=self.user,
            today=timezone.localdate(),
            caller=self.caller,
            assignment=self.assignment,
        )

    @property
    def is_for_somebody_else(self) -> bool:
        return self.patient.user_id != self.user.pk

    @property
    def patients(self) -> list[Patient]:
        """All patients for whom the account could order."""
        return [each.patient for each in self.could_choose]

    @property
    def others(self) -> list[Patient]:
        """The other patients for whom the account could order."""
        return [patient for patient in self.patients if patient != self.patient]


class OrdererRequest(SignedInRequest):
    """A request on a page for orderers: `orderer_required` sets the orderer."""

    orderer: Orderer
    htmx: HtmxDetails


def patients_and_caller(request: SignedInRequest) -> tuple[list[PatientToday], Caller | None]:
    """Return the patients for whom the account may order, and the caller, or None outside of a call.

    During a call they are the patients for whom the caller may order.
    """
    caller = caller_of(request)
    if caller is None:
        return in_hands_today(request.user), None
    return _patients_of_caller(caller).order_by("pk").read_today(), caller


def _patients_of_caller(caller: Caller) -> PatientQuerySet:
    if isinstance(caller, Patient):
        return Patient.objects.filter(pk=caller.pk)
    assignments = CaregiverAssignment.objects.filter(ended_date__isnull=True, affirmed_at__isnull=False)
    return Patient.objects.filter(pk__in=assignments.filter(caregiver=caller).values("patient"))


def orderer_required(
    view: Callable[Concatenate[OrdererRequest, Arguments], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]:
    """Set `request.orderer`, or send an account without patients to its home page.

    A form names its patient (`patient`): the person may have chosen another patient in another tab since.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
        ordering = cast("OrdererRequest", request)
        patients, caller = patients_and_caller(ordering)
        if not patients:
            return redirect("delivery:home")
        ordering.orderer = Orderer(ordering.user, _chosen(ordering, patients), patients, caller)
        return view(ordering, *args, **kwargs)

    return guarded


def _chosen(request: SignedInRequest, patients: list[PatientToday]) -> PatientToday:
    """Return the patient that the form names, or the one chosen last, or the account's own, or the first."""
    named = {each.patient.number: each for each in patients}
    asked = request.POST.get("patient")
    if asked and asked not in named:
        raise Http404
    own_or_first = next((each for each in patients if each.patient.user_id == request.user.pk), patients[0])
    return named.get(str(asked or request.session.get(CHOSEN)), own_or_first)


def not_by_phone(
    view: Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]:
    """Hide a page from staff during a call: they see what ordering needs, and no more of the caller's record."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
        if caller_of(cast("SignedInRequest", request)) is not None:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def taken_in_call(request: SignedInRequest) -> dict[str, Any]:
    """Return what tells the orders of the call that goes on: who took it, and when it began."""
    return {"assisted_by": request.user.pk, "since": began_at(request)}


def orders_of(*, patients: list[int], assisted_by: int | None = None, since: datetime | None = None) -> OrderQuerySet:
    """Return the orders of the patients; with `assisted_by` only those that this account took by phone `since` then."""
    orders = Order.objects.placed().filter(patient__in=patients)
    return orders if assisted_by is None else orders.filter(assisted_by=assisted_by, placed_at__gte=since)
