"""The buttons of orders, units and runs that lead to the labels and papers of this app."""

from collections.abc import Collection
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.action_pages import PageLink, add_link
from delivery.models import Order, Run
from dispensing import rules
from dispensing.admin.manifests import MAY_PRINT
from dispensing.models import DispensedUnit


def _printing(name: str, keys: Collection[int]) -> str:
    chosen = ",".join(map(str, sorted(keys)))
    return f"{reverse('admin:dispensing_labelprint_print')}?{urlencode({name: chosen}, safe=',')}"


def keys_of(text: str) -> list[int]:
    """Return the keys that an address names, separated by commas; what is no key is left out."""
    return [int(key) for key in text.split(",") if key.isascii() and key.isdecimal() and len(key) < 19]


def register() -> None:
    """Add the buttons to the admin of the apps below."""
    add_link(Order, PageLink(
        name="labels", label=_("Print labels"), permission=rules.PRINT, for_many=True,
        offered=lambda order: order.units.filter(place__in=rules.LABELED).exists(),
        address=lambda keys: _printing("orders", keys),
        is_main=lambda order: order.units.filter(place=DispensedUnit.Place.BAG, prints=None).exists(),
    ))  # fmt: skip
    add_link(Order, PageLink(
        name="directions", label=_("Write directions"), permission=rules.WRITE_DIRECTIONS,
        offered=lambda order: order.is_before_departure,
        address=lambda keys: reverse("admin:dispensing_labelprint_directions", args=list(keys)),
    ))  # fmt: skip
    add_link(Run, PageLink(
        name="manifest", label=_("Manifest (PDF)"), permission=MAY_PRINT, offered=lambda run: True,
        address=lambda keys: reverse("admin:dispensing_dispensedunit_manifest", args=list(keys)),
    ))  # fmt: skip
    add_link(DispensedUnit, PageLink(
        name="labels", label=_("Print labels"), permission=rules.PRINT, for_many=True,
        offered=lambda unit: unit.place in rules.LABELED,
        address=lambda keys: _printing("units", keys),
    ))  # fmt: skip
