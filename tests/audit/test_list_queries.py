"""The filters that an address of an admin list may name; no list reads, filters or sorts by a secret column."""

import re
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.messages.storage.base import BaseStorage
from django.core.exceptions import SuspiciousOperation
from django.db import connection
from django.db.models.constants import LOOKUP_SEP
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from audit.action_admin import ActionAdmin, RowsInline
from audit.changelists import SessionChangeList
from audit.list_queries import UnknownQuery
from audit.models import Event
from audit.secret_columns import is_secret
from tests import factories
from tests.delivery import people
from tests.shared import shared

pytestmark = pytest.mark.django_db
ADMINS = list(admin.site._registry.values())
LOOKUPS = ("", "__startswith", "__exact", "__gte", "__isnull")
# Columns whose name sounds secret and that are none: people read them, or they open nothing.
OPEN = {
    "auth.Permission.codename", "certification.Condition.code", "delivery.ProductPhoto.digest",
    "delivery.Order.idempotency_key", "delivery.StockMovement.entry_key", "notifications.Notification.dedupe_key",
    "audit.Event.session", "notifications.Bounce.status_code", "delivery.DoorAttempt.entry_key",
    "delivery.Product.report_code", "dispensing.DispensedUnit.product_code", "dispensing.DispensedUnit.unit_code",
    "dispensing.Paper.digest", "dispensing.ReportFile.digest", "dispensing.ReportAnswer.digest",
    "dispensing.Destruction.entry_key", "delivery.ReturnDecision.entry_key", "delivery.HandOverCorrection.entry_key",
}  # fmt: skip
SOUNDS_SECRET = re.compile(r"password|digest|token|secret|(^|_)key|(?<!zip_)code(?!s)|session|(^|_)data$")
# The one query that reads a password hash: Django compares it with the session at each request.
OWN_ACCOUNT = "is_delegate"


def label(its_admin):
    return its_admin.opts.label_lower


def request_for(**query):
    request = RequestFactory().get("/", query)
    request.user = User(is_staff=True, is_superuser=True, is_active=True)
    request.session = {}
    request._messages = BaseStorage(request)
    return request


def paths(model, depth=2):
    """Yield every column of a model and of its related models, as a lookup names it."""
    for field in model._meta.get_fields():
        name = field.name if field.concrete else field.get_accessor_name() and field.name
        if field.is_relation and depth > 1 and field.related_model:
            yield from (LOOKUP_SEP.join([name, path]) for path in paths(field.related_model, depth - 1))
        if field.concrete:
            yield name


def taken(its_admin, lookup):
    """Return whether the list filters by that parameter."""
    try:
        its_admin.get_changelist_instance(request_for(**{lookup: "1"}))
    except (UnknownQuery, IncorrectLookupParameters, SuspiciousOperation):
        return False
    return True


def filters_of(its_admin):
    """Return the columns and parameters by which the list declares to filter."""
    named = (
        listed if isinstance(listed, str) else getattr(listed, "parameter_name", listed)
        for listed in its_admin.list_filter
    )
    return {listed if isinstance(listed, str) else listed[0] for listed in named} | set(
        getattr(its_admin, "list_lookups", ())
    )


def more_than_declared(its_admin):
    allowed = filters_of(its_admin)
    asked = {path + lookup for path in paths(its_admin.model) for lookup in LOOKUPS}
    own = {f"{path}{lookup}" for path in allowed for lookup in (*LOOKUPS, "__id__exact") if "with" not in lookup}
    return sorted(path for path in asked - own if taken(its_admin, path))


@pytest.mark.parametrize("its_admin", ADMINS, ids=label)
def test_a_list_is_filtered_by_nothing_but_its_own_filters(its_admin):
    assert more_than_declared(its_admin) == []


def test_the_walk_finds_the_guess_that_a_stock_list_answers(monkeypatch):
    """The control: under Django's own rules, somebody could read a password hash letter by letter."""
    users = admin.site._registry[User]
    monkeypatch.setattr(ActionAdmin, "lookup_allowed", admin.ModelAdmin.lookup_allowed)
    monkeypatch.setattr(SessionChangeList, "get_filters", ChangeList.get_filters)
    assert {"password__startswith", "password"} <= set(more_than_declared(users))


def test_every_admin_is_held_to_it():
    assert [label(its_admin) for its_admin in ADMINS if not isinstance(its_admin, ActionAdmin)] == []
    assert [inline for its_admin in ADMINS for inline in its_admin.inlines if not issubclass(inline, RowsInline)] == []


def test_a_right_and_a_wrong_guess_get_the_same_answer():
    boss = factories.staff("Auditor")
    client, address = factories.client_for(boss), reverse("admin:accounts_user_changelist")
    right = User.objects.get(pk=boss.pk).password[:5]
    answers = [client.get(address, {"password__startswith": guess}) for guess in (right, "nothing")]
    assert [(answer.status_code, answer.url) for answer in answers] == [(302, address)] * 2
    assert Event.objects.filter(action="user.list", outcome="refused", reason="UnknownQuery").count() == 2
    page = client.get(address)
    assert [str(message) for message in page.context["messages"]][:1] == [
        "This list has no such filter. It shows everything: choose a filter on the page."
    ]


@pytest.mark.parametrize(
    "query",
    [
        "status__exact=verified&status__exact=left", "status__exact=" + "v" * 400, "o=0.x",
        "o=" + ".".join("0" * 3000), "p=-1", "p=1e999", "p=" + "9" * 400, "all=x", "_popup=1", "_facets=True",
        "_to_field=email", "unknown=1", "status[]=left", "status=left", "dea_number=BT0000017",
    ],
)  # fmt: skip
def test_what_a_list_does_not_offer_leads_to_the_whole_list(query):
    client, address = factories.client_for(factories.staff("Registrar")), reverse("admin:accounts_physician_changelist")
    response = client.get(f"{address}?{query}")
    assert (response.status_code, response.headers.get("Location")) == (302, address)


def test_what_a_list_offers_is_taken():
    client = factories.client_for(factories.staff(is_superuser=True))
    for name, query in {
        "accounts_physician": {"status__exact": "left", "o": "-0.2", "p": "1"},
        "accounts_user": {"groups__id__exact": "1", "is_staff__exact": "1", "all": ""},
        "certification_certification": {"expires_date__gte": "2026-01-01", "expires_date__lt": "2026-02-01"},
        "certification_patientrequest": {"physician__status__exact": "left", "answered_at__isempty": "1"},
        "delivery_order": {"status": "all"},
        "delivery_deliverywindow": {"when": "past"},
        "delivery_product": {"stock": "low", "form__exact": "vape"},
        "audit_event": {"subject_type": "accounts.user", "subject_id": "1"},
    }.items():
        assert client.get(reverse(f"admin:{name}_changelist"), query).status_code == 200, name


def test_a_value_that_a_filter_does_not_offer_is_refused():
    client, address = factories.client_for(factories.staff("Manager")), reverse("admin:delivery_order_changelist")
    assert client.get(address, {"status": "cart"}).url == address


def test_an_export_is_held_to_the_filters_of_its_list():
    client = factories.client_for(factories.staff("Manager"))
    export, whole = (
        reverse("admin:delivery_stockmovement_export_csv"),
        reverse("admin:delivery_stockmovement_changelist"),
    )
    assert client.get(export, {"kind__exact": "sold"}).status_code == 200
    for query in ({"unknown": "1"}, {"by__password__startswith": "m"}, {"kind__exact": "s" * 201}):
        assert client.get(f"{export}?{urlencode(query)}").url == whole


def test_nothing_is_completed_and_no_row_is_opened_by_another_column():
    boss = factories.staff(is_superuser=True)
    client = factories.client_for(boss)
    query = {"app_label": "delivery", "model_name": "order", "field_name": "patient", "term": "a"}
    assert client.get(reverse("admin:autocomplete"), query).status_code == 404
    change = reverse("admin:accounts_user_change", args=[boss.email])
    assert client.get(change, {"_to_field": "email"}).status_code == 400


# --- Secret columns ---------------------------------------------------------------------------------------------------


def test_every_column_that_sounds_secret_is_declared():
    columns = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    sounding = {f"{column.model._meta.label}.{column.name}" for column in columns if SOUNDS_SECRET.search(column.name)}
    declared = {f"{column.model._meta.label}.{column.name}" for column in columns if is_secret(column)}
    assert sounding - declared == OPEN
    assert {"accounts.User.password", "accounts.Physician.ssn_digest", "mfa.Authenticator.data"} <= declared


def last_field(model, path):
    """Return the column at the end of a path, or None for a computed value."""
    field = None
    for part in path.lstrip("-=^@").split(LOOKUP_SEP):
        field = next((candidate for candidate in model._meta.get_fields() if candidate.name == part), None)
        if field is None:
            return None
        model = field.related_model
    return field if field.concrete else None


@pytest.mark.parametrize("its_admin", ADMINS, ids=label)
def test_no_list_shows_searches_or_sorts_by_a_secret(its_admin):
    its_changelist = its_admin.get_changelist_instance(request_for())
    sorted_by = (its_changelist.get_ordering_field(name) for name in its_changelist.list_display)
    named = [*its_admin.list_display, *its_admin.search_fields, *filters_of(its_admin), *filter(None, sorted_by)]
    named += [name for name in its_admin.get_ordering(request_for()) if isinstance(name, str)]
    found = [last_field(its_admin.model, name) for name in named if isinstance(name, str)]
    assert [field for field in found if field is not None and is_secret(field)] == []


def quoted(field):
    return f'"{field.model._meta.db_table}"."{field.column}"'


@contextmanager
def reads(*allowed):
    """Collect the secret columns that the queries of the block select and that are not in `allowed`."""
    secret = {
        quoted(column) for model in apps.get_models() for column in model._meta.concrete_fields if is_secret(column)
    }
    found = set()
    with CaptureQueriesContext(connection) as captured:
        yield found
    for query in captured:
        sql = query["sql"]
        if sql.startswith("SELECT") and OWN_ACCOUNT not in sql and "django_session" not in sql:
            found |= {column for column in secret if column in sql.partition(" FROM ")[0]} - set(allowed)


@shared
def everything():
    """Make a row for most of the lists."""
    certification = factories.certification()
    patient, caregiver = people.patient_with_caregiver()
    factories.card(patient), factories.card(caregiver)
    factories.patient_request(certification)
    factories.order(certification.patient)
    return factories.client_for(factories.staff(is_superuser=True))


# What a page is for: words that staff answer or decide by. tests/fields.py says who reads them.
SHOWN = {
    "certification.patientrequest": {
        "certification_patientrequest.words",
        "certification_patientrequest.address",
        "certification_patientrequest.refused_reason",
        "certification_patientrequest.refused_reason_es",
    },
    "pages.contactmessage": {"pages_contactmessage.message"},
    "notifications.notification": {"notifications_calltry.note"},
    "certification.certification": {"certification_amendment.reason"},
    "delivery.order": {"dispensing_selfassessment.answers"},
}


@pytest.mark.parametrize("its_admin", ADMINS, ids=label)
def test_no_list_and_no_page_reads_a_secret(its_admin, everything):
    meta = its_admin.model._meta
    shown = {'"{}"."{}"'.format(*name.split(".")) for name in SHOWN.get(label(its_admin), ())}
    with reads() as found:
        assert everything.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")).status_code == 200
    assert found == set()
    row = its_admin.get_queryset(request_for()).first()
    if row is not None:
        with reads(*shown) as found:
            page = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
            assert everything.get(page).status_code == 200
        assert found == set()
