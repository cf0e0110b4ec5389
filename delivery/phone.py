"""A call that a member of staff has taken: for whom they order until it ends. The session holds it."""

from datetime import UTC, datetime
from time import time
from typing import TypeAlias

from accounts.permissions import may_as_staff
from accounts.requests import SignedInRequest
from certification.models import Caregiver, Patient

Caller: TypeAlias = Patient | Caregiver

CALL = "phone_call"  # session key: kind and number of the caller, and until when
CALL_SECONDS = 30 * 60
KINDS: dict[str, type[Patient] | type[Caregiver]] = {"patient": Patient, "caregiver": Caregiver}


def begin(request: SignedInRequest, caller: Caller) -> None:
    """Begin a call with this caller; it ends after CALL_SECONDS."""
    kind = next(kind for kind, model in KINDS.items() if isinstance(caller, model))
    request.session[CALL] = {"kind": kind, "number": caller.number, "until": time() + CALL_SECONDS}


def end(request: SignedInRequest) -> None:
    """End the call, if there is one."""
    request.session.pop(CALL, None)


def caller_of(request: SignedInRequest) -> Caller | None:
    """Return the caller while the call lasts and the account may take calls, or None."""
    call = request.session.get(CALL)
    if call is None:
        return None
    if time() > call["until"] or not may_as_staff(request.user, "delivery.add_order"):
        end(request)
        return None
    return KINDS[call["kind"]].objects.filter(number=call["number"]).first()


def began_at(request: SignedInRequest) -> datetime:
    """Return when the call began that `caller_of` has found."""
    return datetime.fromtimestamp(request.session[CALL]["until"] - CALL_SECONDS, UTC)
