"""Which units came back, by the serials that were scanned at take-in, or entered with a correction."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _

from delivery.models import HandOverCorrection, ReturnedItem
from dispensing.models import DispensedUnit
from dispensing.rules.errors import TakeInError

P = DispensedUnit.Place
SERIAL = re.compile(r"[0-9]{1,18}")  # as many digits as the database can hold


def field_of_scan(number: int) -> str:
    """Return the name of the box of the page into which the item of this number, from 1, is scanned."""
    return f"scan_{number}"


def units_scanned(
    scans: Sequence[str], *, items: Collection[ReturnedItem], units: Mapping[int, DispensedUnit]
) -> dict[int, list[DispensedUnit]]:
    """Return by id of the item the units that came back; `units` are those of the order, by serial.

    Nothing where no box was filled in. Raises TakeInError for a box that does not fit.
    """
    if not any(scans):
        return {}
    left = Counter({item.pk: item.quantity for item in items})
    found: dict[int, list[DispensedUnit]] = defaultdict(list)
    seen: set[int] = set()
    for number, scan in enumerate(scans, start=1):
        field = field_of_scan(number)
        check_scan(scan, field=field)
        check_is_scanned_once(serial := int(scan), seen, field=field)
        check_unit_is_out(unit := units.get(serial), serial, field=field)
        assert unit
        item = _item_of(unit, items, left, field=field)
        seen.add(serial)
        left[item.pk] -= 1
        found[item.pk].append(unit)
    check_all_are_scanned(left.total(), field=field_of_scan(len(scans)))
    return found


def check_scan(scan: str, *, field: str) -> None:
    """The box holds a serial; raises TakeInError."""
    if not scan:
        raise TakeInError(
            _("Scan this item as well. Where no label can be read, empty all the boxes instead."), field=field
        )
    if not SERIAL.fullmatch(scan):
        words = _("“%(scan)s” is no serial. Scan the label of the item, or type the digits of its serial.")
        raise TakeInError(words % {"scan": scan}, field=field)


def check_is_scanned_once(serial: int, seen: Collection[int], *, field: str) -> None:
    """No other box holds this serial; raises TakeInError."""
    if serial in seen:
        words = _("Unit %(serial)06d is scanned twice. Scan the label of the other item here.")
        raise TakeInError(words % {"serial": serial}, field=field)


def check_unit_is_out(unit: DispensedUnit | None, serial: int, *, field: str) -> None:
    """The unit of this serial is one of the order's, and with the driver or the patient; raises TakeInError.

    What a correction names has been counted back already, or was given in an exchange.
    """
    if unit is None:
        words = _("Unit %(serial)06d is not of this order. Put it aside, and look for it under “Dispensed units”.")
        raise TakeInError(words % {"serial": serial}, field=field)
    if unit.place not in {P.ROAD, P.PATIENT} or unit.taken_back_id or unit.correction_id:
        words = _("Unit %(serial)s cannot have come back with the driver: %(place)s. Look under “Dispensed units”.")
        raise TakeInError(words % {"serial": unit, "place": unit.get_place_display()}, field=field)


def _item_of(
    unit: DispensedUnit, items: Collection[ReturnedItem], left: Mapping[int, int], *, field: str
) -> ReturnedItem:
    """Return the item among which the unit comes back; raises TakeInError where there is none, or no more of it."""
    fitting = [item for item in items if (item.product_id, item.lot) == (unit.product_id, unit.lot_number)]
    words = {"serial": unit, "name": unit.product.full_name, "lot": unit.lot_number}
    if not fitting:
        sentence = _("Unit %(serial)s is %(name)s, lot %(lot)s, and none of that was to come back. Count again.")
        raise TakeInError(sentence % words, field=field)
    for item in fitting:
        if left[item.pk]:
            return item
    sentence = _("Unit %(serial)s is one too many of %(name)s, lot %(lot)s. Count again.")
    raise TakeInError(sentence % words, field=field)


def check_all_are_scanned(missing: int, *, field: str) -> None:
    """Each item that came back is scanned; raises TakeInError."""
    if missing:
        words = _("%(count)d more came back. Open this page again, and scan each of them.")
        raise TakeInError(words % {"count": missing}, field=field)


def units_corrected(
    serials: Sequence[str], *, row: HandOverCorrection, units: Mapping[int, DispensedUnit]
) -> list[DispensedUnit]:
    """Return the units of these serials; `units` are those of the line that can still be corrected, by serial.

    Raises TakeInError where one does not fit, or where there are not as many as the correction has.
    """
    field = f"serials_{row.line_id}"
    found: dict[int, DispensedUnit] = {}
    for text in serials:
        check_scan(text, field=field)
        check_is_scanned_once(serial := int(text), found, field=field)
        check_can_be_corrected(unit := units.get(serial), serial, row.lot, field=field)
        assert unit
        found[serial] = unit
    check_as_many_serials(len(found), row.quantity, field=field)
    return list(found.values())


def check_can_be_corrected(unit: DispensedUnit | None, serial: int, lot: str, *, field: str) -> None:
    """The patient has the unit of this serial by this line, and no correction names it; raises TakeInError.

    It is of the lot that came back, where one did.
    """
    if unit is None:
        words = _("Unit %(serial)06d is not among what the patient has of this item. Compare it with the label.")
        raise TakeInError(words % {"serial": serial}, field=field)
    if lot and unit.lot_number != lot:
        words = _("Unit %(serial)s is of lot %(lot)s. Choose this lot above, or compare the serial with the label.")
        raise TakeInError(words % {"serial": unit, "lot": unit.lot_number}, field=field)


def check_as_many_serials(entered: int, quantity: int, *, field: str) -> None:
    """There is a serial for each item of the correction; raises TakeInError."""
    if entered != quantity:
        words = _("Enter %(quantity)d serials, or none: there are %(entered)d.")
        raise TakeInError(words % {"quantity": quantity, "entered": entered}, field=field)
