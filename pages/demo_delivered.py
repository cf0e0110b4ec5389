"""The last delivery day of the demo: an order handed over in part, its report accepted, and what came back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from unittest.mock import patch
from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from delivery import actions as deliveries
from delivery.models import HandOver, Order, ReturnDecision, ReturnedItem
from delivery.rules import DoorAnswers, policy_on
from dispensing import actions
from dispensing.models import Destruction, LabelPrint, Paper, ReportFile, SelfAssessment

SIGNATURE = "M20 100L60 40L90 150L130 60L170 140L220 90L300 110"


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let the actions inside believe that it is this moment: they read the clock of django.utils.timezone."""
    with patch("django.utils.timezone.now", return_value=moment):
        yield


def ordered_at() -> datetime:
    """Return the morning two days before the last delivery day that is over."""
    today = timezone.localdate()
    weekdays = policy_on(today).days_of_week
    day = next(day for ago in range(1, 8) if (day := today - timedelta(days=ago)).weekday() in weekdays)
    return timezone.make_aware(datetime.combine(day - timedelta(days=2), time(10)))


def deliver(order: Order, users: Mapping[str, User]) -> None:
    """Pack and label an order and hand all but one item over, in the first hour of its window; then what follows."""
    technician, driver = users["technician@portal.example"], users["driver@portal.example"]
    pharmacist, manager = users["pharmacist@portal.example"], users["manager@portal.example"]
    assert order.window is not None
    starts = order.window.starts_at
    with at(starts):
        deliveries.pack_order(order=order, by=technician)
        units = list(order.units.values_list("pk", flat=True))
        actions.print_labels(units=units, kind=LabelPrint.Kind.SHEET, by=technician)
        run = deliveries.make_run(window=order.window, orders=[order], driver=driver, vehicle="Van 1", by=manager)
        deliveries.dispatch_run(run=run, by=driver)
    with at(starts + timedelta(minutes=20)):
        deliveries.hand_over(order=order, run=run, answers=_answers(order), by=driver)
        _report(by=pharmacist)
    with at(starts + timedelta(hours=8)):
        deliveries.take_in(order=order, by=technician)
        _propose_to_destroy(order, decided_by=manager, by=pharmacist)
    actions.ask_paper(kind=Paper.Kind.LOG_PDF, first=order.window.date, last=order.window.date, by=manager)


def _answers(order: Order) -> DoorAnswers:
    """Return what the driver enters when the patient refuses one item and pays the others with a debit card."""
    line = order.lines.get()
    return DoorAnswers(
        received_by=HandOver.ReceivedBy.PATIENT,
        card_checked=True,
        card=order.patient.number,
        photo_id_checked=True,
        photo_id_kind=HandOver.PhotoId.LICENSE,
        id_state="CT",
        id_number="123456780",
        id_expires_date=date(order.window.date.year + 2, 1, 31) if order.window else None,
        cash_cents=line.total_cents - line.unit_price_cents,
        debit_cents=0,
        signed=HandOver.Signed.DRAWN,
        signature=SIGNATURE,
        refused=((line.pk, 1),),
    )


def _report(*, by: User) -> None:
    """Hand the report in, as without a server, and enter the acknowledgement of the monitoring program."""
    now = timezone.now()
    for file in actions.make_files(now=now, at_once=True, by=by):
        actions.hand_over_download(file=file, by=by)
        actions.record_answer(text=_acknowledgement(file, now), by=by)


def _acknowledgement(file: ReportFile, now: datetime) -> str:
    number = file.control_number
    written = timezone.localtime(now)
    return f"TH*4.2A*{number}*02*{number}*{written:%Y%m%d*%H%M%S}*T**~~\nIS*CT*CPMRS~\nTT*{number}*3~\n"


def _propose_to_destroy(order: Order, *, decided_by: User, by: User) -> None:
    """Decide that what came back is destroyed, and propose it; a witness is still missing."""
    item = ReturnedItem.objects.select_related("product").get(order=order)
    deliveries.decide_returned(
        item=item,
        kind=ReturnDecision.Kind.DESTROYED,
        quantity=1,
        reason="The seal is broken.",
        entry_key=uuid4(),
        by=decided_by,
    )
    actions.propose_destruction(
        units=order.units.filter(place="doomed"),
        method=Destruction.Method.GROUND,
        details="Coffee grounds",
        place="Back office",
        weight_mg=item.product.weight_mg or 0,
        entry_key=uuid4(),
        by=by,
    )


def assess(order: Order) -> None:
    """Answer what the patient is asked when this further order is placed."""
    actions.record_assessment(
        assessment=SelfAssessment.objects.get(order=order),
        works=SelfAssessment.Works.WELL,
        effects=[SelfAssessment.Effect.DRY_MOUTH],
        words="I sleep through most nights.",
        by=order.placed_by,
    )
