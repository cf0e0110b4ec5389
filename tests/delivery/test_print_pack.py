"""The print pack of a window: what is on its pages, who may print it, and that staff are told once."""

import time
from datetime import timedelta

import pypdfium2
import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from delivery import actions, rules, tasks
from delivery.models import Order
from delivery.papers.print_pack import print_pack_pdf
from delivery.presenters.print_pack import print_pack
from delivery.presenters.record_views import SEEN
from notifications import kinds
from notifications.models import Notification
from tests import factories
from tests.delivery import door, people
from tests.delivery.people import words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


def pages_of(pdf):
    """Return the words of each page."""
    opened = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in opened]


def printed(window):
    return pages_of(print_pack_pdf(print_pack(window), now=timezone.now()))


def page(pages, title):
    return next(words for words in pages if words.startswith(title))


@shared
def window(monday):
    return factories.window()


def test_the_pick_list_counts_by_product_and_lot_and_the_bags_follow_the_stops(window):
    tincture = factories.product()
    actions.receive_stock(product=tincture, quantity=3, lot="LOT-9", details=factories.lot_details(), by=None)
    first, second, waiting = (factories.order(lines=[(tincture, quantity)]) for quantity in (2, 3, 4))
    run = door.run_of(second, first, driver=factories.staff("Driver", first_name="Dan"))
    pack = print_pack(window)
    assert [(pick.lot, pick.quantity) for pick in pack.picks] == [("", 4), ("LOT-1", 5)]
    assert [section.run for section in pack.sections] == [run, None]
    assert [bag.order for bag in pack.sections[0].bags] == [second, first]
    pages = printed(window)
    assert f"1 {second.number} Packed 3 × {tincture.name}" in page(pages, "Bags: Morning 1")
    alone = page(pages, "Bags: Not in a run yet")
    assert waiting.number in alone and "Not confirmed: a pharmacist reviews it first" in alone
    assert tincture.name not in page(pages, "Run sheet: Morning 1")


def test_a_run_sheet_says_who_may_receive_what_is_due_and_what_to_compare(window):
    """Every name prints, the guardian stands for a child, and a caregiver beside the patient."""
    caregiver, child = people.guardian_of_a_child()
    factories.affirm_all(caregiver)
    adult, helper = people.patient_with_caregiver(first_name="Łukasz", last_name="Đặng")
    li = factories.patient(first_name="李", last_name="O'Brien-Núñez")
    orders = factories.order(child, by=caregiver.user), factories.order(adult), factories.order(li)
    door.run_of(*orders, driver=factories.staff("Driver", first_name="Dan"))
    sheet = page(pages := printed(window), "Run sheet: Morning 1")
    assert f"Nora Hart Born Jan 2, 1975 · card {caregiver.number}" in sheet
    assert f"For {child.name}. The caregiver alone takes it." in sheet and child.number not in sheet
    assert f"Or the caregiver Łukasz Đặng · born Jan 2, 1975 · card {helper.number}" in sheet
    assert "李 O'Brien-Núñez" in sheet and "(203) 555-0142" in sheet and "Dan, Van 1" in sheet
    assert sheet.count("$80.00 Cash, the exact amount") == 3 and "$240.00 Due in all" in sheet
    forms = " ".join(each for each in pages if each.startswith("Hand-over forms: Morning 1"))
    assert "李 O'Brien-Núñez (the patient)" in forms and orders[2].number in forms
    phones = page(pages, "Phone list")
    assert phones.index(adult.name) < phones.index("Nora Hart") < phones.index("李 O'Brien-Núñez")  # by last name
    assert pages[-1].startswith("Hand-over forms: spare")


def test_an_order_without_certification_on_the_day_says_do_not_deliver(window):
    order = factories.order()
    with unguarded():
        order.patient.certifications.update(expires_date=window.date)
    assert "Do not deliver: no certification is valid on this day." in page(printed(window), "Run sheet: Not in a run")


def test_what_is_done_or_called_off_is_not_printed(window):
    called_off, order = factories.order(), factories.order()
    actions.cancel_order(order=called_off, by=called_off.patient.user)
    words = " ".join(printed(window))
    assert order.number in words and called_off.number not in words


@pytest.mark.once
def test_a_window_of_80_orders_takes_few_statements_and_seconds(window, django_assert_num_queries):
    made = people.orders_of_many(80, status="confirmed", confirmed_at=timezone.now(), predates_review=True)
    actions.make_run(window=window, orders=made[:40], driver=factories.staff("Driver"), by=factories.staff("Manager"))
    with django_assert_num_queries(5):
        pack = print_pack(window)
    begun = time.process_time()
    pages = pages_of(print_pack_pdf(pack, now=timezone.now()))
    assert time.process_time() - begun < 8
    assert sum(words.count(f"D-{79:04d}-MANY") for words in pages) == 4  # its bag, stop, phone number and form


def test_printing_is_recorded_for_the_window_and_each_person(window):
    order = factories.order()
    pharmacist = factories.staff("Pharmacist")
    response = factories.client_for(pharmacist).get(reverse("admin:delivery_run_pack", args=[window.pk]))
    assert response["Content-Type"] == "application/pdf" and response.content.startswith(b"%PDF")
    assert f'filename="print-pack-{window.code}.pdf"' in response["Content-Disposition"]
    events = Event.objects.filter(actor_id=pharmacist.pk, action__endswith=".print").order_by("pk")
    assert [(each.action, each.subject_id) for each in events] == [("pack.print", window.pk), ("order.print", order.pk)]
    assert "order.print" in SEEN  # the patient reads it in the own record


def test_a_window_without_an_order_says_so(window):
    client = factories.client_for(factories.staff("Manager"))
    response = client.get(reverse("admin:delivery_run_pack", args=[window.pk]), follow=True)
    assert "has no open order, so there is nothing to print." in words_of(response)
    assert client.get(reverse("admin:delivery_run_pack", args=[0])).status_code == 404
    assert not Event.objects.filter(action="pack.print").exists()


def test_the_list_of_runs_and_the_plan_lead_to_the_pack(window):
    factories.order()
    client, link = (
        factories.client_for(factories.staff("Manager")),
        reverse("admin:delivery_run_pack", args=[window.pk]),
    )
    for address in (reverse("admin:delivery_run_changelist"), reverse("admin:delivery_run_plan", args=[window.pk])):
        assert link in client.get(address).content.decode()
    technician = factories.client_for(factories.staff("Technician"))
    assert link not in technician.get(reverse("admin:delivery_run_changelist")).content.decode()
    assert technician.get(link).status_code == 403
    assert Order.objects.get().status == "placed"


# --- Telling staff that it is ready ---------------------------------------------------------------------------------


def told():
    """Return to whom the messages about packs are, and about which window."""
    rows = Notification.objects.filter(kind="pack_ready").order_by("pk")
    return [(row.recipient, row.context["window"]) for row in rows]


def test_staff_are_told_once_from_one_second_after_the_cut_off_on(window, monday):
    readers = [factories.staff("Manager"), factories.staff("Pharmacist")]
    factories.staff("Technician")
    factories.order()
    cut_off = rules.closes_at(window, rules.policy_on(window.date))
    monday.move_to(cut_off, tick=False)
    assert tasks.tell_packs_ready() == 0  # an order is accepted in this second
    monday.move_to(cut_off + timedelta(seconds=1), tick=False)
    assert [tasks.tell_packs_ready(), tasks.tell_packs_ready()] == [2, 0]
    assert sorted(told()) == sorted((reader.email, window.pk) for reader in readers)


def test_a_late_run_tells_until_the_window_ends(window, monday):
    factories.staff("Manager")
    factories.order()
    monday.move_to(window.ends_at, tick=False)
    assert tasks.tell_packs_ready() == 0
    monday.move_to(window.ends_at - timedelta(seconds=1), tick=False)
    assert tasks.tell_packs_ready() == 1


def test_nobody_is_told_about_a_window_with_nothing_to_bring(window, monday):
    """Neither on a snow day nor without orders; a message that waits is dropped when the day is closed meanwhile."""
    manager, before = factories.staff("Manager"), timezone.now()
    monday.move_to(window.starts_at - timedelta(hours=23), tick=False)
    assert tasks.tell_packs_ready() == 0
    monday.move_to(before, tick=False)
    factories.order()
    monday.move_to(window.starts_at - timedelta(hours=23), tick=False)
    assert tasks.tell_packs_ready() == 1
    message = Notification.objects.get(kind="pack_ready")
    words = kinds.get("pack_ready").context_for(message)
    assert (words["orders"], words["to_review"], words["without_run"]) == (1, 1, 1)
    actions.close_date(day=window.date, reason="Heavy snow", is_moving=True, by=manager)
    assert kinds.get("pack_ready").context_for(message) is None
    assert tasks.tell_packs_ready() == 0


def test_the_start_page_offers_the_pack_after_the_cut_off(window, monday):
    factories.order()
    client = factories.client_for(factories.staff("Manager"))
    link = reverse("admin:delivery_run_pack", args=[window.pk])
    assert link not in client.get(reverse("admin:index")).content.decode()
    monday.move_to(window.starts_at - timedelta(hours=1), tick=False)
    assert link in factories.client_for(factories.staff("Manager")).get(reverse("admin:index")).content.decode()
