"""What staff type in from paper: when a run left, and what its driver wrote down. Each `check_` raises."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from delivery.models import HandOver, Order, Run
from delivery.rules.errors import HandOverError, RunError
from delivery.rules.hand_overs import AtDoor, DoorAnswers, already_handed_over
from delivery.rules.refused_lines import due_cents
from ui.templatetags.portal import clock, long_date, money


def check_left_at(left_at: datetime, run: Run, *, now: datetime) -> None:
    """The run left on the day of its window, and not in the future; raises RunError."""
    if left_at > now:
        words = _("%(time)s has not come yet. Enter when the run left.")
        raise RunError(words % {"time": clock(timezone.localtime(left_at))}, field="left_at")
    if timezone.localdate(left_at) < run.window.date:
        words = _("This run leaves on %(day)s, not earlier.")
        raise RunError(words % {"day": long_date(run.window.date)}, field="left_at")


def check_is_typed_for_its_run(order: Order, run: Run) -> None:
    """A paper is typed in for the run that the portal has the order in; raises RunError."""
    if order.run_id == run.pk:
        return
    if order.run is None:
        words = _("Order %(number)s is in no run, and it is %(status)s. Look at it before you type anything in.")
        raise RunError(words % {"number": order.number, "status": order.get_status_display().lower()})
    words = _("Order %(number)s is in %(run)s, not in this run. Type it in there, or ask who drove it.")
    raise RunError(words % {"number": order.number, "run": order.run.name})


def check_is_not_handed_over(order: Order, run: Run) -> None:
    """Nobody has handed the order over yet; raises HandOverError, which names another driver than this run's."""
    found = HandOver.objects.filter(order=order).select_related("by").first()
    if found is not None:
        raise already_handed_over(found, run)


def check_tip_on_paper(answers: DoorAnswers, door: AtDoor) -> None:
    """The tip that the paper names is what cash and card are more than the total; raises HandOverError.

    `answers.tip_agreed_cents` is the tip on the paper, in cents. Money that is too little is for `check_money`.
    """
    due = due_cents(door.order, door.lines, dict(answers.refused))
    tip, written = answers.cash_cents + answers.debit_cents - due, answers.tip_agreed_cents or 0
    if tip >= 0 and tip != written:
        words = _(
            "%(paid)s is %(tip)s more than the %(due)s that is due, but the tip you typed is %(written)s. Look at the "
            "paper again: cash is with the tip."
        )
        figures = {"paid": answers.cash_cents + answers.debit_cents, "due": due}
        shown = {name: money(cents) for name, cents in {**figures, "tip": tip, "written": written}.items()}
        raise HandOverError(words % shown, field="tip_agreed_cents")
