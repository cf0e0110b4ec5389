"""Whether a photo ID fits our record, and how long its number is kept. Each `check_` raises HandOverError."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from certification.models import Caregiver, Patient
from delivery.licenses import License
from delivery.models import IdDifference, Order
from delivery.rules.errors import HandOverError
from ui.templatetags.portal import clock
from ui.text import search_name

ENDINGS = {"jr", "sr", "ii", "iii", "iv", "v"}
KEPT_OF_ID_NUMBER = 4


@dataclass(frozen=True)
class Comparison:
    """Whose photo ID it is taken for, and what it says otherwise than our record, a sentence each."""

    received_by: str
    name: str
    differences: list[str]


def compared(license: License, receivers: Mapping[str, Patient | Caregiver], chosen: str) -> Comparison:
    """Return the comparison with the receiver whom the photo ID fits, or else with `chosen`, or the first.

    `receivers` are those who may take the order, by `HandOver.ReceivedBy`. Raises HandOverError where nobody may.
    """
    if not receivers:
        raise HandOverError(_("Nobody may take this order. Bring it back."))
    found = [Comparison(by, person.name, differences(license, person)) for by, person in receivers.items()]
    fitting = [each for each in found if not each.differences]
    as_chosen = [each for each in found if each.received_by == chosen]
    return (fitting or as_chosen or found)[0]


def differences(license: License, person: Patient | Caregiver) -> list[str]:
    """Return what the photo ID says otherwise than our record, a sentence each: family name, first name, birth date.

    Capitals, accents, hyphens, spaces and a Jr. make no difference. Middle names are not compared: many records have
    none, and some layouts put them into the first name.
    """
    found = []
    if _family(license.last_name) != _family(person.last_name):
        found.append(_differs(_("family name"), license.last_name, person.last_name))
    if not _is_same_first(license, person):
        found.append(_differs(_("first name"), license.first_name, person.first_name))
    if license.birth_date != person.birth_date:
        found.append(_differs(_("birth date"), _day(license.birth_date), _day(person.birth_date)))
    return found


def _differs(what: str, on_id: str, on_record: str) -> str:
    words = _("The %(what)s on the photo ID is %(on_id)s, in our record %(on_record)s.")
    return words % {"what": what, "on_id": on_id, "on_record": on_record}


def _day(day: date) -> str:
    return date_format(day, "DAY_FORMAT")


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", search_name(name))


def _family(name: str) -> str:
    words = _words(name)
    while len(words) > 1 and words[-1] in ENDINGS:
        words.pop()
    return "".join(words)


def _is_same_first(license: License, person: Patient | Caregiver) -> bool:
    """The first name of one is how the given names of the other begin: ANA LUZ is Ana, with Luz as middle name."""
    on_id, on_record = _words(license.first_name), _words(person.first_name)
    given_on_id = on_id + _words(license.middle_name)
    given_on_record = on_record + _words(person.middle_name)
    is_whole = given_on_id[: len(on_record)] == on_record or given_on_record[: len(on_id)] == on_id
    return bool(on_id) and (is_whole or "".join(on_id) == "".join(on_record))


def check_id_is_current(expires_date: date | None, *, day: date) -> None:
    """The last day of the photo ID is known and not over on `day`; raises HandOverError."""
    if expires_date is None:
        words = _("Enter the day on which the photo ID expires, like 10/18/2031.")
        raise HandOverError(words, field="id_expires_date")
    if expires_date < day:
        words = _("This photo ID expired on %(day)s. Ask for another one, or choose “The photo ID does not match”.")
        raise HandOverError(words % {"day": _day(expires_date)}, field="id_expires_date")


def difference_of(differences: list[IdDifference], received_by: str) -> IdDifference | None:
    """Return the last difference of this receiver, or None. `differences` are those of the order that stand."""
    of_receiver = [each for each in differences if each.received_by == received_by]
    return max(of_receiver, key=lambda each: each.pk, default=None)


def check_id_difference(difference: IdDifference | None, *, is_stated: bool) -> None:
    """A difference that was scanned, or that the driver states, was allowed by a pharmacist; raises HandOverError."""
    if difference is None:
        if is_stated:
            words = _("Call our pharmacists. They decide, and enter it on the page of the order; then send this again.")
            raise HandOverError(words, field="id_differs")
        return
    if difference.is_allowed is None:
        words = _("The photo ID differs from our record. Call our pharmacists: one of them has to allow it first.")
        raise HandOverError(words, field="id_differs")
    if not difference.is_allowed:
        assert difference.decided_at
        words = _("A pharmacist did not allow it at %(time)s: %(reason)s Choose “The photo ID does not match”.")
        at = clock(timezone.localtime(difference.decided_at))
        raise HandOverError(words % {"time": at, "reason": difference.reason}, field="id_differs")


def check_decision(order: Order, *, words: str, reason: str, by_id: int) -> None:
    """A decision names the difference and a reason, and is not the driver's; raises HandOverError."""
    if order.run is not None and order.run.driver_id == by_id:
        raise HandOverError(_("Who drives this order does not decide about its photo ID: ask another pharmacist."))
    if not words.strip():
        raise HandOverError(_("Enter what differs, as the driver tells you."), field="words")
    if not reason.strip():
        raise HandOverError(_("Enter why you decide so."), field="reason")


def cut_id_number(number: str) -> str:
    """Return the last four characters of the number of a photo ID: what is kept once every report was accepted."""
    return number[-KEPT_OF_ID_NUMBER:]
