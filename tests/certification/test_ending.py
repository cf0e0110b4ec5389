"""A certification is withdrawn with a last day of deliveries, revoked at once, or reinstated."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.rules import MayNotSign
from audit.models import Event
from certification import actions, rules
from certification.models import Certification, Draft
from certification.presenters.status_on_day import status_on_day
from delivery.models import DeliveryWindow, Order, Product
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.delivery.people import words_of
from tests.guard import unguarded

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def monday(time_machine):
    """Tests begin on Monday, November 23, 2026, at 9 in the morning, Eastern."""
    time_machine.move_to("2026-11-23T14:00:00+00:00")


@pytest.fixture
def certification():
    return factories.certification()


@pytest.fixture
def registrar():
    return factories.staff("Registrar")


def withdraw(certification, days=0, **over):
    stop_date = timezone.localdate() + days * DAY
    words = {"reason": "No longer indicated.", "by": certification.physician.user, **over}
    return actions.withdraw_certification(certification=certification, deliveries_stop_date=stop_date, **words)


def revoke(certification, by):
    return actions.revoke_certification(certification=certification, reason="Proof was forged.", by=by)


def reinstate(certification, by):
    return actions.reinstate_certification(certification=certification, reason="The wrong patient.", by=by)


def recipients(kind):
    return set(Notification.objects.filter(kind=kind).values_list("recipient", flat=True))


# --- Rules ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "fits"), [(-1, False), (0, True), (30, True), (31, False)])
def test_check_stop_date_is_0_to_30_days_ahead(days, fits):
    today = date(2026, 11, 23)
    certification = Certification(expires_date=date(2027, 11, 1))
    if fits:
        rules.check_stop_date(today + days * DAY, certification, today=today)
    else:
        with pytest.raises(rules.EndingError, match="November 23, 2026 through December 23, 2026") as refusal:
            rules.check_stop_date(today + days * DAY, certification, today=today)
        assert refusal.value.field == "deliveries_stop_date"


def test_check_stop_date_stays_within_the_year_and_the_setting(settings):
    today = date(2026, 11, 23)
    assert rules.latest_stop_date(Certification(expires_date=today + 5 * DAY), today=today) == today + 4 * DAY
    settings.WITHDRAWAL_STOP_DAYS = 2
    assert rules.latest_stop_date(Certification(expires_date=today + 5 * DAY), today=today) == today + 2 * DAY


@pytest.mark.parametrize("reason", ["", "  "])
def test_check_ending_has_reason(reason):
    rules.check_ending_has_reason("Moved.")
    with pytest.raises(rules.EndingError):
        rules.check_ending_has_reason(reason)


# --- Withdraw -------------------------------------------------------------------------------------------------------


def test_a_withdrawn_certification_is_valid_through_its_stop_date(certification):
    stop_date = withdraw(certification, 9).deliveries_stop_date
    certification.refresh_from_db()
    for day, valid in {stop_date: True, stop_date + DAY: False}.items():
        assert certification.is_valid_on(day) is valid
        assert Certification.objects.valid_on(day).exists() is valid
        assert bool(certification.patient.certification_on(day)) is valid


def test_orders_through_the_stop_date_stay_and_later_ones_are_undone(certification):
    patient, product = certification.patient, factories.product()
    days = [factories.next_wednesday(week) for week in (0, 1)]
    covered, undone = (factories.order(patient, into=factories.window(day), lines=[(product, 2)]) for day in days)
    withdraw(certification, (days[0] - timezone.localdate()).days)
    assert [Order.objects.get(pk=order.pk).status for order in (covered, undone)] == ["placed", "cancelled"]
    assert DeliveryWindow.objects.get(pk=undone.window_id).booked == 0
    assert Product.objects.get(pk=product.pk).stock == 48


def test_new_orders_are_taken_through_the_stop_date_alone(certification):
    days = [factories.next_wednesday(week) for week in (0, 1)]
    withdraw(certification, (days[0] - timezone.localdate()).days)
    assert factories.order(certification.patient, into=factories.window(days[0])).status == "placed"
    with pytest.raises(Exception, match="No certification is valid on"):
        factories.order(certification.patient, into=factories.window(days[1]))


def test_the_mail_to_the_patient_names_both_days(certification, mailoutbox):
    withdraw(certification, 2)
    send_due(by=None)
    mail = next(sent for sent in mailoutbox if sent.subject == "Your registration with us has changed")
    for body in (mail.body, mail.alternatives[0].content):
        assert "Wednesday, November 25, 2026" in body and "Wednesday, December 23, 2026" in body
        assert "No longer indicated" not in body


def test_a_withdrawal_beyond_the_latest_day_or_without_reason_writes_nothing(certification):
    for over in ({"days": 31}, {"reason": " "}):
        with pytest.raises(rules.EndingError):
            withdraw(certification, **over)
    with pytest.raises(MayNotSign):
        withdraw(certification, by=factories.identified_physician().user)
    certification.refresh_from_db()
    assert (certification.status, certification.deliveries_stop_date) == ("active", None)
    assert not recipients("certification_withdrawn")


def test_what_is_signed_next_supersedes_what_was_withdrawn(certification):
    physician, patient = certification.physician, certification.patient
    withdraw(certification, 20)
    names = ("first_name", "last_name", "birth_date", "phone", "email")
    profile = factories.profile(**{name: getattr(patient, name) for name in names})
    draft = factories.draft(physician, profile=profile)
    actions.tell_apart(draft=draft, same_as=patient, by=physician.user)
    signed = actions.sign_draft(draft=draft, signature_name=physician.name, by=physician.user)
    certification.refresh_from_db()
    assert (certification.status, signed.patient) == ("superseded", patient)
    assert list(Certification.objects.valid_on(timezone.localdate())) == [signed]


def test_another_physician_needs_an_agreement_while_deliveries_go_on(certification):
    withdraw(certification, 20)
    names = ("first_name", "last_name", "birth_date")
    draft = factories.draft(profile=factories.profile(**{name: getattr(certification.patient, name) for name in names}))
    with pytest.raises(rules.ElsewhereError):
        actions.sign_draft(draft=draft, signature_name=draft.physician.name, by=draft.physician.user)


# --- Revoke ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_revoking_ends_it_at_once_with_its_orders(certification, registrar, is_withdrawn):
    order = factories.order(certification.patient)
    if is_withdrawn:
        withdraw(certification, 20)
    revoked = revoke(certification, registrar)
    order.refresh_from_db()
    assert (revoked.status, revoked.deliveries_stop_date, order.status) == ("revoked", None, "cancelled")
    assert certification.patient.certification_on(timezone.localdate()) is None
    assert recipients("certification_revoked") == {certification.patient.email, certification.physician.email}


def test_why_it_was_revoked_is_sealed_and_in_no_audit_trail(certification, registrar):
    """Whoever may not read the words on the page of the certification does not read them in the audit trail either."""
    assert revoke(certification, registrar).ended_reason == "Proof was forged."
    event = Event.objects.get(action="certification.revoke")
    pages = [reverse("admin:audit_event_change", args=[event.pk]), reverse("admin:audit_event_export")]
    auditor = factories.client_for(factories.staff("Auditor"))
    shown = b"".join(b"".join(auditor.get(page)) for page in pages)
    assert b"certification.revoke" in shown and b"forged" not in shown


def test_what_was_revoked_is_not_renewed(registrar):
    ending = factories.certification(on=timezone.localdate() - 350 * DAY)
    actions.prepare_renewal(
        draft=Draft.objects.renewing(ending),
        questions=factories.questions(),
        condition=factories.condition(),
        by=ending.physician.user,
    )
    revoke(ending, registrar)
    assert not Draft.objects.exists()
    with pytest.raises(rules.RenewalNotOpen):
        rules.check_renewal_is_open(Certification.objects.get(), today=timezone.localdate())


# --- Reinstate ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["withdraw", "revoke"])
def test_reinstating_gives_the_same_last_day_and_no_order_back(certification, registrar, how):
    last_day, order = certification.last_valid_day, factories.order(certification.patient)
    withdraw(certification) if how == "withdraw" else revoke(certification, registrar)
    back = reinstate(certification, registrar)
    order.refresh_from_db()
    assert (back.status, back.valid_through, back.ended_at, back.ended_reason) == ("active", last_day, None, "")
    assert order.status == "cancelled" and factories.order(certification.patient).status == "placed"
    assert recipients("certification_reinstated") == {certification.patient.email, certification.physician.email}


def test_a_second_withdrawal_after_a_reinstatement_is_announced_again(certification, registrar, time_machine):
    for _ in range(2):
        withdraw(certification)
        time_machine.move_to(timezone.now() + DAY)
        reinstate(certification, registrar)
    assert Notification.objects.filter(kind="certification_withdrawn").count() == 2


@pytest.mark.parametrize(("days", "comes_back"), [(30, True), (31, False)])
def test_check_may_be_reinstated_for_30_days(certification, registrar, time_machine, days, comes_back):
    withdraw(certification)
    time_machine.move_to(timezone.now() + days * DAY)
    if comes_back:
        assert reinstate(certification, registrar).status == "active"
    else:
        with pytest.raises(rules.ReinstatementError, match="more than 30 days ago"):
            reinstate(certification, registrar)


def test_check_may_be_reinstated_refuses_once_its_year_is_over(registrar, time_machine):
    ending = factories.certification(on=timezone.localdate() - 360 * DAY)
    revoke(ending, registrar)
    time_machine.move_to(timezone.now() + 10 * DAY)
    with pytest.raises(rules.ReinstatementError, match="year is over"):
        reinstate(ending, registrar)


def test_check_may_be_reinstated_refuses_beside_another(certification, registrar):
    revoke(certification, registrar)
    names = ("first_name", "last_name", "birth_date")
    factories.certification(profile=factories.profile(**{n: getattr(certification.patient, n) for n in names}))
    with pytest.raises(rules.ReinstatementError, match="taken its place"):
        reinstate(certification, registrar)


# --- Each pair of statuses, by the actions --------------------------------------------------------------------------

DONE = {"withdraw": "withdrawn", "revoke": "revoked", "reinstate": "active"}
ALLOWED = {("active", "withdraw"), ("active", "revoke"), ("withdrawn", "revoke"), ("withdrawn", "reinstate"),
           ("revoked", "reinstate")}  # fmt: skip


def in_status(status, registrar):
    if status == "superseded":
        old = factories.certification(on=timezone.localdate() - 350 * DAY)
        return actions.sign_draft(
            draft=Draft.objects.renewing(old),
            answers={
                "questions": factories.questions(),
                "condition": factories.condition(),
                "statement": factories.statement(),
            },
            signature_name=old.physician.name,
            by=old.physician.user,
        ).renewal_of
    made = factories.certification()
    if status == "withdrawn":
        withdraw(made)
    elif status == "revoked":
        revoke(made, registrar)
    return Certification.objects.get(pk=made.pk)


@pytest.mark.parametrize("verb", list(DONE))
@pytest.mark.parametrize("status", ["active", "superseded", "withdrawn", "revoked"])
def test_each_action_takes_the_statuses_of_the_table_alone(registrar, status, verb):
    made = in_status(status, registrar)
    calls = {
        "withdraw": lambda: withdraw(made), "revoke": lambda: revoke(made, registrar),
        "reinstate": lambda: reinstate(made, registrar),
    }  # fmt: skip
    if (status, verb) in ALLOWED:
        assert calls[verb]().status == DONE[verb]
    else:
        with pytest.raises(rules.TransitionError):
            calls[verb]()
        assert Certification.objects.get(pk=made.pk).status == status


# --- The database ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("certification_running_has_no_end", {"ended_at": timezone.now()}),
        ("certification_stop_of_withdrawn", {"deliveries_stop_date": date(2090, 1, 1)}),
        ("certification_stop_of_withdrawn",
         {"status": "revoked", "ended_at": timezone.now(), "deliveries_stop_date": date(2090, 1, 1)}),
        ("certification_stop_of_withdrawn",
         {"status": "withdrawn", "ended_at": timezone.now(), "deliveries_stop_date": date(2020, 1, 1)}),
    ],
)  # fmt: skip
def test_database_refuses_an_end_that_cannot_be(constraint, changes):
    factories.certification(joined=False)
    with unguarded(), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Certification.objects.update(**changes)


# --- Pages ----------------------------------------------------------------------------------------------------------


def typed(day, reason="No longer under my care."):
    date_boxes = {"month": day.month, "day": day.day, "year": day.year}
    return {"reason": reason, **{f"deliveries_stop_date_{part}": value for part, value in date_boxes.items()}}


def test_the_page_takes_the_last_day_and_names_the_days_it_may_be(certification):
    client = factories.client_for(certification.physician.user)
    address = reverse("certification:certification-withdraw", args=[certification.uuid])
    today = timezone.localdate()
    response = client.post(address, typed(today + 31 * DAY))
    assert list(response.context["form"].errors) == ["deliveries_stop_date"]
    assert "No longer under my care." in response.content.decode()
    assert client.post(address, typed(today + 30 * DAY)).status_code == 302
    certification.refresh_from_db()
    assert (certification.status, certification.deliveries_stop_date) == ("withdrawn", today + 30 * DAY)
    page = client.get(reverse("certification:certification-confirmation", args=[certification.uuid])).content.decode()
    assert "Deliveries go on through" in page and "now certified" not in page


def test_home_card_and_check_say_what_a_withdrawal_leaves(certification):
    client = factories.client_for(certification.patient.user)
    withdraw(certification, 2)
    home, card = words_of(client.get("/home/")), client.get("/card/").content.decode()
    assert "Valid through November 25, 2026" in home and "We deliver through November 25, 2026" in home
    assert "through December 23, 2026 to obtain another" in home and "Order for delivery" in home
    assert "Wednesday, November 25, 2026" in card and "It was withdrawn on November 23, 2026." in card
    check = client.get(reverse("certification:verify", args=[factories.card(certification.patient).token]))
    assert "November 25, 2026" in check.content.decode()


def test_home_card_and_check_say_that_it_was_revoked(certification, registrar):
    client, card = factories.client_for(certification.patient.user), factories.card(certification.patient)
    revoke(certification, registrar)
    assert "The program revoked it on November 23, 2026" in client.get("/home/").content.decode()
    assert "The program revoked it on November 23, 2026" in client.get("/card/").content.decode()
    page = client.get(reverse("certification:verify", args=[card.token])).content.decode()
    assert "Not valid" in page and "revoke" not in page
    assert status_on_day(Certification.objects.get(), today=timezone.localdate()).label == "Revoked"


def step(certification, name):
    return reverse("admin:certification_certification_step", args=[certification.pk, name])


def test_the_registrar_revokes_and_reinstates_in_the_admin(certification, registrar):
    client = factories.client_for(registrar)
    assert client.get(step(certification, "reinstate")).status_code == 302  # not offered
    assert "It ends at once" in client.get(step(certification, "revoke")).content.decode()
    assert client.post(step(certification, "revoke"), {"reason": " "}).status_code == 200
    for name, status in (("revoke", "revoked"), ("reinstate", "active")):
        assert client.post(step(certification, name), {"reason": "A mistake."}).status_code == 302
        certification.refresh_from_db()
        assert certification.status == status


@pytest.mark.parametrize("group", ["Pharmacist", "Auditor", "Manager"])
def test_nobody_else_revokes(certification, group):
    client = factories.client_for(factories.staff(group))
    assert client.post(step(certification, "revoke"), {"reason": "Mine."}).status_code == 403
    certification.refresh_from_db()
    assert certification.status == "active"
