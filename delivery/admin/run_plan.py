"""The page on which a Manager plans the runs of a window: its forms, and what each of its buttons does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext, ngettext

from accounts.models import User
from delivery import actions
from delivery.admin.run_forms import CrewsForm, RunForm, TickedForm
from delivery.models import Run
from delivery.presenters.runs import Plan, PlannedRun
from ui.forms import PortalForm

ASK, SAVE, ASSIGN, TAKE_OUT, FREE = "ask", "save-", "assign", "take-out", "free"  # the values of the buttons


@dataclass(frozen=True)
class RunSection:
    """A run on the page, with its form."""

    planned: PlannedRun
    form: RunForm

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """Each order with its box for the position."""
        return [(row, self.form[f"position_{row.order.pk}"]) for row in self.planned.orders]


class PlanPage:
    """The forms of the page. The form of the button that was pressed holds what was posted."""

    def __init__(self, plan: Plan, data: QueryDict, drivers: Sequence[User]) -> None:
        self.plan, self.drivers, self.pressed = plan, drivers, data.get("do", "")
        is_ticked = self.pressed in (ASSIGN, TAKE_OUT, FREE)
        self.crews = CrewsForm(data if self.pressed == ASK else None, choices=plan.choices)
        self.ticked = TickedForm(data if is_ticked else None, window=plan.window, needs_run=self.pressed == ASSIGN)
        self.sections = [RunSection(planned, self._run_form(planned, data)) for planned in plan.runs]

    def _run_form(self, planned: PlannedRun, data: QueryDict) -> RunForm:
        posted = data if self.pressed == f"{SAVE}{planned.run.pk}" else None
        return RunForm(posted, planned=planned, drivers=self.drivers)

    @property
    def posted(self) -> PortalForm | None:
        """The form whose button was pressed, or None."""
        forms: list[PortalForm] = [self.crews, self.ticked, *(section.form for section in self.sections)]
        return next((form for form in forms if form.is_bound), None)

    def perform(self, form: PortalForm, *, by: User) -> str:
        """Call the action of the button that was pressed; return the sentence that says what was done, or "".

        Raises DeliveryError.
        """
        if form is self.crews:
            actions.ask_plan(window=self.plan.window, crews=self.crews.crews, by=by)
            return ""
        if form is self.ticked:
            return self._perform_ticked(by)
        section = next(section for section in self.sections if section.form is form)
        return self._save(section.form, section.planned.run, by)

    def _save(self, form: RunForm, run: Run, by: User) -> str:
        answers = {"driver": form.cleaned_data["driver"], "vehicle": form.cleaned_data["vehicle"]}
        actions.save_run(run=run, positions=form.positions, by=by, **answers)
        return gettext("%(run)s is saved.") % {"run": run.name}

    def _perform_ticked(self, by: User) -> str:
        window, orders = self.plan.window, list(self.ticked.cleaned_data["orders"])
        run = self.ticked.cleaned_data.get("run")
        count = len(orders)
        if self.pressed == FREE:
            actions.free_orders(window=window, orders=orders, by=by)
            words = ngettext(
                "The next plan decides about %(count)d order.", "The next plan decides about %(count)d orders.", count
            )
            return words % {"count": count}
        if self.pressed == TAKE_OUT:
            actions.assign_run(orders=orders, run=None, by=by)
        elif run is None:
            actions.make_run(window=window, orders=orders, by=by)
        else:
            actions.assign_run(orders=orders, run=run, by=by)
        return ngettext("%(count)d order is moved.", "%(count)d orders are moved.", count) % {"count": count}
