"""The terms of delivery from a day on."""

import re
from collections.abc import Callable
from datetime import date, time
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage, ListActionPage, Preview, ReasonForm
from delivery import actions, rules
from delivery.admin import columns
from delivery.models import DeliveryPolicy
from delivery.models.windows import days_in
from ui.forms import ClockField, DateBoxesField, DollarsField, WholeNumberField, ZipField
from ui.templatetags.portal import clock, money

ADD = "delivery.add_deliverypolicy"
TERMS = (
    "weekdays",
    "windows",
    "minimum_cents",
    "lead_hours",
    "capacity",
    "radius_miles",
    "origin_zip",
    "allotment_days",
)
SHOWN: dict[str, Callable[[Any], str]] = {
    "weekdays": lambda value: ", ".join(str(WEEKDAYS[day]) for day in days_in(value)),
    "windows": lambda value: ", ".join(
        f"{clock(time.fromisoformat(starts))} to {clock(time.fromisoformat(ends))}" for starts, ends in value
    ),
    "minimum_cents": money,
}


class HoursField(forms.Field):
    """One window a line, like "9:30 am to 1:30 pm". The cleaned value is what DeliveryPolicy stores: pairs of times."""

    widget = forms.Textarea(attrs={"rows": 4})
    default_error_messages = {"invalid": _("Write one window a line, like 9:30 am to 1:30 pm")}

    def to_python(self, value: Any) -> list[list[str]]:
        return [self._pair(line) for line in (value or "").splitlines() if line.strip()]

    def _pair(self, line: str) -> list[str]:
        read = ClockField()
        try:
            starts, ends = (read.clean(part) for part in re.split(r"to|[-–]", line))
        except (ValueError, ValidationError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        return [f"{starts:%H:%M}", f"{ends:%H:%M}"]


class WeekdaysField(forms.MultipleChoiceField):
    """A box for each weekday. The cleaned value is what DeliveryPolicy stores: a bit for each day."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: Any) -> Any:
        return days_in(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        return sum(1 << int(day) for day in set(super().clean(value)))


class PolicyForm(ReasonForm):
    effective_date = DateBoxesField(label=_("First day"), help_text=_("After today: terms in force never change."))
    weekdays = WeekdaysField(label=_("Delivery days"), choices=list(WEEKDAYS.items()))
    windows = HoursField(label=_("Windows"), help_text=_("One a line, like 9:30 am to 1:30 pm. New York time."))
    minimum_cents = DollarsField(label=_("Minimum of an order in dollars"))
    lead_hours = WholeNumberField(label=_("Hours ahead that an order is made"), min_value=0, max_value=1000)
    capacity = WholeNumberField(label=_("Places a window"), min_value=1, max_value=1000)
    radius_miles = WholeNumberField(
        label=_("Radius in miles"),
        min_value=1,
        max_value=200,
        required=False,
        help_text=_("Empty: all of Connecticut."),
    )
    origin_zip = ZipField(
        label=_("ZIP code that the radius is around"),
        required=False,
        help_text=_("Runs begin and end there when they are planned."),
    )
    allotment_days = WholeNumberField(label=_("Days that a monthly allotment lasts"), min_value=1, max_value=366)
    field_order = ("effective_date", *TERMS, "reason")

    def __init__(self, *sent: Any) -> None:
        """Begin with the terms in force: people change only a few figures."""
        super().__init__(*sent, initial=_as_typed(rules.policy_on(timezone.localdate())))


def _as_typed(policy: DeliveryPolicy) -> dict[str, Any]:
    """Return the terms as a person types them into the form."""
    typed = {name: getattr(policy, name) for name in TERMS}
    lines = (SHOWN["windows"]([pair]) for pair in policy.windows)
    return typed | {"windows": "\n".join(lines), "minimum_cents": money(policy.minimum_cents).removeprefix("$")}


def _preview(effective_date: date, reason: str, **terms: Any) -> Preview:
    """Show each changed term beside the term of today, and the windows that keep what was booked."""
    policy, today = DeliveryPolicy(effective_date=effective_date, **terms), timezone.localdate()
    rules.check_policy(policy, today=today)
    before = rules.policy_on(effective_date)
    rows = [
        (_label(name), _shown(before, name), _shown(policy, name))
        for name in TERMS
        if getattr(before, name) != getattr(policy, name)
    ]
    day = date_format(effective_date, "DAY_FORMAT")
    words = _("Orders that were placed keep the terms they were placed under.") if rows else _("Nothing changes.")
    headers = (_("Term"), _("Until then"), _("From %(day)s") % {"day": day})
    return Preview(headers, rows, [str(words), *_window_notes(policy, today)])


def _label(name: str) -> Any:
    return PolicyForm.base_fields[name].label


def _shown(policy: DeliveryPolicy, name: str) -> str:
    value = getattr(policy, name)
    return "–" if value in (None, "") else SHOWN.get(name, str)(value)


def _window_notes(policy: DeliveryPolicy, today: date) -> list[str]:
    """Return a sentence for each window that goes but keeps its orders, and one sentence for all other windows."""
    changes = rules.windows_under(policy, after=today)
    with_orders = [
        change.window for change in changes if change.capacity == change.window.booked and change.window.booked
    ]
    sentences = [
        gettext("%(window)s: what is booked (%(booked)d) stays, and nobody else can order for it.")
        % {"window": columns.when(window), "booked": window.booked}
        for window in with_orders
    ]
    rest = len(changes) - len(with_orders)
    if rest:
        words = ngettext("%(count)d other window changes.", "%(count)d other windows change.", rest) % {"count": rest}
        sentences.append(words)
    return sentences


@admin.register(DeliveryPolicy)
class DeliveryPolicyAdmin(ActionAdmin):
    list_display = ["effective_date", "days", "hours", "minimum", "lead_hours", "capacity", "radius_miles"]
    fields = [
        "effective_date", "days", "hours", "minimum", "lead_hours", "capacity", "radius_miles", "origin_zip",
        "allotment_days", "created_at",
    ]  # fmt: skip
    minimum = columns.amount("minimum_cents", _("minimum"))
    action_pages = (
        ActionPage(
            name="drop",
            label=_("Take it back"),
            permission=ADD,
            offered=lambda policy: policy.effective_date > timezone.localdate(),
            explain=lambda _policy: _("They were never in force. The windows of those days follow the terms before."),
            perform=lambda policy, request, reason: actions.drop_policy(policy=policy, reason=reason, by=request.user),
            form_class=ReasonForm,
        ),
    )
    list_action_pages = (
        ListActionPage(
            name="set",
            label=_("Set new terms"),
            permission=ADD,
            explain=_("They hold from their first day on, for the windows that are made and for what is ordered then."),
            form_class=PolicyForm,
            preview=_preview,
            perform=lambda request, **answers: actions.set_policy(**answers, by=request.user),
        ),
    )

    @admin.display(description=_("days"))
    def days(self, policy: DeliveryPolicy) -> str:
        return _shown(policy, "weekdays")

    @admin.display(description=_("windows"))
    def hours(self, policy: DeliveryPolicy) -> str:
        return _shown(policy, "windows")
