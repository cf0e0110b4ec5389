"""Filters for amounts, days and names of choices on the pages of certification."""

from decimal import Decimal
from functools import lru_cache

from django import template
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from certification.models import CaregiverAssignment, Sex
from certification.rules import ounces_to_mg
from ui.templatetags.portal import grams

register = template.Library()
TENTH_OF_A_GRAM = 100  # mg


@register.filter
def ounces_and_grams(ounces: Decimal | None) -> str:
    """Return 3.5 oz as "3.50 oz (99.2 g)", grams rounded down."""
    if ounces is None:
        return ""
    mg = ounces_to_mg(ounces)
    return _("%(ounces)s oz (%(grams)s)") % {"ounces": f"{ounces:.2f}", "grams": grams(mg - mg % TENTH_OF_A_GRAM)}


@register.filter
def more_days(days_left: int | None) -> str:
    """Return the days after today: "100 more days", or "today is the last day"."""
    return "" if days_left is None else _more_days(days_left, get_language())


@lru_cache(maxsize=1_000)
def _more_days(days_left: int, _language: str | None) -> str:
    """Return the words, which a list of fifty patients asks for fifty times."""
    if days_left == 0:
        return _("today is the last day")
    return ngettext("%(days)d more day", "%(days)d more days", days_left) % {"days": days_left}


@register.filter
def sex_in_words(value: str) -> str:
    return str(Sex(value).label) if value in Sex.values else ""


@register.filter
def relationship_in_words(value: str) -> str:
    relationships = CaregiverAssignment.Relationship
    return str(relationships(value).label) if value in relationships.values else ""
