"""A call that a member of staff has taken: for whom they order until it ends."""

from datetime import UTC, datetime
from time import time

from accounts.permissions import may_as_staff
from certification.models import Caregiver, Patient

CALL = "phone_call"  # session key: kind and number of the caller, and until when
CALL_SECONDS = 30 * 60
KINDS = {"patient": Patient, "caregiver": Caregiver}


def begin(request, caller):
    kind = next(kind for kind, model in KINDS.items() if isinstance(caller, model))
    request.session[CALL] = {"kind": kind, "number": caller.number, "until": time() + CALL_SECONDS}


def end(request):
    request.session.pop(CALL, None)


def caller_of(request):
    """The caller, while the call lasts and the account is one that may take it; or None."""
    call = request.session.get(CALL)
    if call is None:
        return None
    if time() > call["until"] or not may_as_staff(request.user, "delivery.add_order"):
        end(request)
        return None
    return KINDS[call["kind"]].objects.filter(number=call["number"]).first()


def began_at(request):
    """When the call began that `caller_of` has found."""
    return datetime.fromtimestamp(request.session[CALL]["until"] - CALL_SECONDS, UTC)
