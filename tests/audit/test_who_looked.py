"""Whoever opens a page that names a patient is found: by the patient ("who looked at my record") and by an auditor."""

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import User
from audit import names, trail, words
from audit.models import Event
from certification.audit_names import PATIENT
from certification.models import Patient
from delivery.models import Order
from delivery.presenters.record_views import SEEN, about, events_of_views
from tests import access
from tests.field_readers import texts_of
from tests.guard import unguarded
from tests.walker import address_of, admin_pages, rows_of
from tests.world import taken_back, world  # noqa: F401  the fixture

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover, pytest.mark.once]
LISTS = {f"admin:{of.opts.app_label}_{of.opts.model_name}" for of in admin.site._registry.values()}
SINGLE = [row for row in access.rows() if row.about == "row" and " " not in row.name and row.name not in LISTS]
BUTTONS = [row for row in access.rows() if row.about == "row" and " " in row.name]
PAGES = [row for row in access.rows() if row.about not in ("list", "row", "passkey", "provider")]
# Pages that name people in a list, or where somebody acts for them: their events are about nobody.
LISTS_OF_PEOPLE = {
    "admin:audit_event": "the trail itself: who may read it is named on its own page",
    "admin:delivery_run_plan": "the orders of a window, as in the list of orders",
    "admin:dispensing_labelprint_print": "the orders whose labels are printed, as in the list of orders",
    "admin:index": "what waits, as in the lists it leads to",
    "certification:start": "the patients of the office",
    "certification:patient-list": "the patients of the office",
    "certification:due-list": "the patients of the office",
    "certification:patient-csv": "the patients of the office",
    "certification:several": "the patients of the office",
    "certification:sign-all": "the patients of the office",
    "delivery:product-list": "a caregiver orders: what is put into the cart is an event",
    "delivery:product-detail": "a caregiver orders: what is put into the cart is an event",
    "delivery:cart": "a caregiver orders: what is put into the cart is an event",
}
# Pages that also name the people before and after in a list, without their numbers.
WITH_NEIGHBOURS = ("/admin/delivery/order/",)


@pytest.fixture
def named(world):  # noqa: F811
    """Give each patient a name that stands on no other page, and return the patients by what names them."""
    with taken_back(), unguarded():
        by_word = {}
        for patient in Patient.objects.all():
            Patient.objects.filter(pk=patient.pk).update(last_name=f"Canary{patient.pk}x")
            by_word |= {f"Canary{patient.pk}x": patient, patient.number: patient}
        by_word |= {order.number: order.patient for order in Order.objects.placed().select_related("patient")}
        yield by_word


def shown(client, address, named):
    """Return the patients whom a page names, and the events that it wrote."""
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    response = client.get(address)
    kind = response.headers.get("Content-Type", "")
    text = " ".join(texts_of(b"".join(response), kind)) if response.status_code == 200 else ""
    beside = address.startswith(WITH_NEIGHBOURS)
    words = [word for word in named if word in text and not (beside and word.startswith("Canary"))]
    patients = {named[word] for word in words}
    return patients, Event.objects.filter(pk__gt=last)


def unfound(client, address, named):
    """Return the patients whom a page names and who cannot be told, each with the question that misses the look."""
    with taken_back():
        patients, events = shown(client, address, named)
        reader = int(client.session["_auth_user_id"])
        written = set(events.values_list("pk", flat=True))
        return {
            (question, events[0].action if written else "no event")
            for patient in patients
            if patient.user_id != reader
            for question, found in answers(patient).items()
            if not written & set(found.values_list("pk", flat=True))
        }


def answers(patient):
    """Return the looks at a patient, as the auditor's question and the patient's record find them."""
    question = trail.Question(about=[names.Found(PATIENT, patient.pk, "")], asked=trail.LOOKED)
    told = events_of_views(patient, about(patient), but=User())
    return {"auditor": trail.events_of(question), "patient": told}


def in_lines(missed, but):
    return "\n".join(f"{name}: {what}" for name, found in missed.items() if name not in but for what in found)


def test_a_page_of_the_admin_that_names_a_patient_is_a_look_at_the_patient(world, named):  # noqa: F811
    client = world.clients["Administrator"]
    missed = {}
    for its_admin in admin.site._registry.values():
        name = f"admin:{its_admin.opts.app_label}_{its_admin.opts.model_name}"
        for row in rows_of(its_admin)[:12]:
            address = reverse(f"{name}_change", args=[row.pk])
            missed[name] = missed.get(name, set()) | unfound(client, address, named)
    for row in [*SINGLE, *BUTTONS]:
        missed[row.name] = unfound(client, admin_pages(row.name, world)[0], named)
    assert in_lines(missed, LISTS_OF_PEOPLE) == ""


def test_a_page_that_names_a_patient_is_a_look_at_the_patient(world, named):  # noqa: F811
    missed = {}
    for row in PAGES:
        for role in sorted(row.own | row.others):
            for things in [world.own.get(role, {})] * (role in row.own) + [world.foreign] * (role in row.others):
                address = address_of(row, world, things)
                if role != "nobody" and address and (found := unfound(world.clients[role], address, named)):
                    missed.setdefault(row.name, set()).update((role, *what) for what in found)
    assert in_lines(missed, LISTS_OF_PEOPLE) == ""


def test_the_patient_and_the_auditor_ask_for_the_same_looks():
    """What the patient reads has words, and no kind of look that concerns a patient is without them."""
    assert set(words.SHOW_OTHERS | words.PAPERS) <= set(SEEN)
    labels = {label for read in names._belongings[PATIENT] for label in read([0])} - {names.ACCOUNT}
    of_rows = {f"{label.rpartition('.')[2]}.view" for label in labels}
    pages = {f"{of.opts.model_name}.view" for of in admin.site._registry.values()}
    assert of_rows & pages <= set(SEEN)
    assert set(SEEN) <= words.view_events() | words.SHOW_OTHERS | words.PAPERS


def test_a_dropped_kind_is_missed(world, named, monkeypatch):  # noqa: F811
    """The control: without the runs of a patient nobody is told of the driver who opened a sheet."""
    row = next(row for row in PAGES if row.name == "delivery:run-detail")
    address, driver = address_of(row, world, world.own["Driver"]), world.clients["Driver"]
    assert unfound(driver, address, named) == set()
    monkeypatch.setattr(names, "_shown", {PATIENT: []})
    assert unfound(driver, address, named) == {("auditor", "run.view"), ("patient", "run.view")}
