"""The forms with which a Manager makes runs and puts orders into them."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from delivery.admin import columns
from delivery.door_forms import PaidField
from delivery.models import DeliveryWindow, Order, Run
from delivery.presenters.runs import Choice, PlannedRun, staff_name
from delivery.rules import LAST_POSITION
from ui.forms import PortalForm, WholeNumberField

NEW_RUN = "new"
LONGEST_ID = 18  # digits
GONE = _("A ticked order is not in this window any more. Look at the list again.")


def drivers() -> QuerySet[User]:
    """Return the accounts whose group drives runs."""
    able = User.objects.filter(is_active=True, is_staff=True, groups__permissions__codename="drive_run")
    return able.order_by("first_name", "email").distinct()


class DriverField(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=drivers(), label=_("Driver"), required=False, empty_label=_("Nobody yet"), **kwargs)
        self.error_messages["invalid_choice"] = _("Choose a driver from the list.")

    def label_from_instance(self, user: User) -> str:
        return staff_name(user)


class RunField(forms.ModelChoiceField):
    def label_from_instance(self, run: Run) -> str:
        words = {
            "run": run.name,
            "window": columns.when(run.window),
            "driver": staff_name(run.driver) or _("no driver"),
        }
        return gettext("%(window)s: %(run)s, %(driver)s") % words


class AssignForm(PortalForm):
    """The run that an order goes with, or none."""

    run = RunField(label=_("Run"), queryset=Run.objects.none(), required=False, empty_label=_("No run"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        run = self.fields["run"]
        assert isinstance(run, RunField)
        run.queryset = (
            Run.objects.open().filter(window__date__gte=timezone.localdate()).select_related("window", "driver")
        )


class TickedField(forms.ModelMultipleChoiceField):
    """The ids of ticked orders. The databases refuse a longer id with an error, this field with words."""

    def clean(self, value: Any) -> Any:
        if any(len(str(pk)) > LONGEST_ID for pk in value or ()):
            raise forms.ValidationError(GONE)
        return super().clean(value)


class TickedForm(PortalForm):
    """The ticked orders of a window, and the run to put them into."""

    orders = TickedField(
        queryset=Order.objects.none(),
        error_messages={
            "required": _("Tick at least one order."),
            "invalid_choice": GONE,
            "invalid_pk_value": GONE,
            "invalid_list": GONE,
        },
    )
    run = forms.CharField(required=False)

    def __init__(self, *args: Any, window: DeliveryWindow, needs_run: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.window, self.needs_run = window, needs_run
        ticked = self.fields["orders"]
        assert isinstance(ticked, forms.ModelMultipleChoiceField)
        ticked.queryset = Order.objects.placed().filter(window=window)

    def clean_run(self) -> Run | None:
        """Return the run that was chosen, or None for a new one and where none is asked for."""
        chosen = self.cleaned_data["run"]
        if chosen == NEW_RUN or not self.needs_run:
            return None
        run = (
            self.window.runs.filter(pk=int(chosen)).first()
            if chosen.isdecimal() and len(chosen) <= LONGEST_ID
            else None
        )
        if run is None:
            raise forms.ValidationError(_("Choose a run."))
        return run


class SettleForm(PortalForm):
    """The cash that was counted, and why it differs."""

    cash_counted_cents = PaidField(label=_("Cash counted, without the tips"))
    reason = forms.CharField(
        label=_("Reason, if it differs"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class RunForm(PortalForm):
    """The driver, the vehicle and the positions of a run."""

    driver = DriverField()
    vehicle = forms.CharField(label=_("Vehicle"), max_length=40, required=False)

    def __init__(self, *args: Any, planned: PlannedRun, drivers: Iterable[User], **kwargs: Any) -> None:
        """Offer the `drivers`, whom the page reads once for the forms of all its runs."""
        run = planned.run
        super().__init__(
            *args, prefix=f"run{run.pk}", initial={"driver": run.driver_id, "vehicle": run.vehicle}, **kwargs
        )
        driver = self.fields["driver"]
        assert isinstance(driver, DriverField)
        driver.choices = [("", driver.empty_label), *((each.pk, staff_name(each)) for each in drivers)]
        for row in planned.orders:
            self.fields[f"position_{row.order.pk}"] = WholeNumberField(
                required=False,
                min_value=1,
                max_value=LAST_POSITION,
                initial=row.position,
                show_hidden_initial=True,  # what was moved since the page was opened is not moved back
                widget=forms.TextInput(
                    attrs={
                        "inputmode": "numeric",
                        "class": "run-plan__position",
                        "aria-label": gettext("Position of order %(number)s") % {"number": row.order.number},
                    }
                ),
            )

    @property
    def positions(self) -> dict[int, int]:
        """The positions that were typed anew, by the id of an order."""
        typed = {name.removeprefix("position_"): self.cleaned_data[name] for name in self.changed_data}
        return {int(pk): value for pk, value in typed.items() if pk.isdecimal() and value}


class CrewsForm(PortalForm):
    """The drivers to plan for, each with a vehicle."""

    def __init__(self, *args: Any, choices: Iterable[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = list(choices)
        for choice in self.choices:
            self.fields[f"drives_{choice.driver.pk}"] = forms.BooleanField(
                label=choice.name, required=False, initial=choice.is_ticked
            )
            label = gettext("Vehicle of %(driver)s") % {"driver": choice.name}
            self.fields[f"vehicle_{choice.driver.pk}"] = forms.CharField(
                label=label, max_length=40, required=False, initial=choice.vehicle
            )

    @property
    def rows(self) -> list[tuple[Choice, Any, Any]]:
        """Each driver with the box to tick and the one for the vehicle."""
        return [
            (choice, self[f"drives_{choice.driver.pk}"], self[f"vehicle_{choice.driver.pk}"]) for choice in self.choices
        ]

    @property
    def crews(self) -> list[tuple[User, str]]:
        """The drivers that were ticked, each with the vehicle."""
        typed = self.cleaned_data
        return [
            (choice.driver, typed[f"vehicle_{choice.driver.pk}"])
            for choice in self.choices
            if typed[f"drives_{choice.driver.pk}"]
        ]
