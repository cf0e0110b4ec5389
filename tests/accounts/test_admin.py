"""The admin of accounts: staff read, each view is recorded, and every change goes through an action."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import RequestFactory
from django.urls import reverse

from accounts.actions import identify_physician
from accounts.admin.physicians import IdentificationTryAdmin, PhysicianAdmin
from accounts.admin.users import UserAdmin
from accounts.models import IdentificationTry, Physician, User
from accounts.rules import IdentificationError
from audit.action_admin import ActionAdmin, ActionPage, ReasonForm
from audit.action_pages import links_of
from audit.models import Event
from notifications.actions import queue
from notifications.models import Notification
from tests import factories

pytestmark = pytest.mark.django_db

PHYSICIANS = "/admin/accounts/physician/"
# Field × role: what each group sees of a physician's record in the admin.
ROLES_THAT_SEE_PHYSICIANS = {"Registrar", "Auditor"}
ALL_ROLES = ["Registrar", "Pharmacist", "Technician", "Driver", "Manager", "Auditor"]


def client_of(*groups, **flags):
    return factories.client_for(factories.staff(*groups, **flags))


def views_of(obj):
    return Event.objects.filter(action=f"{obj._meta.model_name}.view", subject_id=obj.pk)


# --- Physicians -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ALL_ROLES)
def test_only_these_groups_see_physicians(role):
    physician = factories.physician()
    expected = 200 if role in ROLES_THAT_SEE_PHYSICIANS else 403

    client = client_of(role)

    assert client.get(PHYSICIANS).status_code == expected
    assert client.get(f"{PHYSICIANS}{physician.pk}/change/").status_code == expected
    assert views_of(physician).count() == (expected == 200)


def test_a_look_at_a_physician_is_recorded():
    physician, registrar = factories.physician(), factories.staff("Registrar")

    factories.client_for(registrar).get(f"{PHYSICIANS}{physician.pk}/change/")

    event = views_of(physician).get()
    assert (event.actor_id, event.subject_type, event.outcome) == (registrar.pk, "accounts.physician", "done")


@pytest.mark.parametrize("flags", [{"is_superuser": True}, {}])
def test_the_digest_of_the_ssn_digits_is_shown_to_nobody(flags):
    physician = factories.physician()
    client = client_of("Registrar", **flags)

    for page in (PHYSICIANS, f"{PHYSICIANS}{physician.pk}/change/"):
        text = client.get(page).content.decode()
        assert physician.dea_number in text
        assert physician.ssn_digest not in text


def test_a_physician_s_page_shows_the_registrations():
    physician = factories.physician(registrations_over={"dea": {"source": "DEA lookup"}})

    text = client_of("Registrar").get(f"{PHYSICIANS}{physician.pk}/change/").content.decode()

    assert text.count('class="form-row has_original') == 4
    assert "DEA lookup" in text
    assert 'name="_save"' not in text


@pytest.mark.parametrize("term", ["nunez", "NÚÑEZ", "ap5836727", "1987654321"])
def test_a_physician_is_found_by_name_dea_number_and_npi(term):
    factories.physician()
    found = factories.physician(last_name="Núñez", dea_number="AP5836727", npi="1987654321")

    page = client_of("Registrar").post(PHYSICIANS, {"q": term}, follow=True)

    assert list(page.context["cl"].result_list) == [found]


@pytest.mark.parametrize("page", ["add/", "{pk}/change/", "{pk}/delete/"], ids=["add", "change", "delete"])
def test_nothing_is_written_past_an_action(page):
    physician = factories.physician()

    response = client_of("Registrar", is_superuser=True).post(
        PHYSICIANS + page.format(pk=physician.pk), {"last_name": "Changed", "post": "yes"}
    )

    assert response.status_code == 403
    assert Physician.objects.get().last_name == physician.last_name


def test_lists_take_the_same_number_of_queries_however_long(django_assert_max_num_queries):
    client = client_of("Registrar")
    for _ in range(3):
        factories.physician()
    with django_assert_max_num_queries(12) as few:
        client.get(PHYSICIANS)
    for _ in range(20):
        factories.physician()

    with django_assert_max_num_queries(len(few)):
        client.get(PHYSICIANS)


# --- Accounts and tries ---------------------------------------------------------------------------------------------


def test_accounts_are_listed_with_their_groups_and_without_password():
    someone = factories.user("rosa@example.org")
    client = client_of("Manager")

    text = client.get("/admin/accounts/user/").content.decode()
    page = client.get(f"/admin/accounts/user/{someone.pk}/change/").content.decode()

    assert "rosa@example.org" in text
    assert "Manager" in text
    assert someone.password not in page
    assert "pbkdf2" not in page.lower()
    assert client_of("Driver").get("/admin/accounts/user/").status_code == 403


def test_tries_show_whose_they_were_and_no_number():
    account, physician = factories.user("rosa@example.org"), factories.physician()
    with pytest.raises(IdentificationError):
        identify_physician(dea_number=physician.dea_number, ssn_last_four="0000", address="192.0.2.7", by=account)

    text = client_of("Registrar").get("/admin/accounts/identificationtry/").content.decode()

    assert "rosa@example.org" in text
    assert "192.0.2.7" in text
    assert physician.dea_number not in text
    assert IdentificationTry.objects.get().dea_digest not in text


@pytest.mark.parametrize("model", [Group, "account.emailaddress", "mfa.authenticator", "usersessions.usersession"])
def test_the_doors_past_our_actions_are_closed(model):
    registered = {model._meta.label_lower for model in admin.site._registry}

    assert (model if isinstance(model, str) else model._meta.label_lower) not in registered


def test_every_admin_of_ours_is_an_action_admin():
    ours = {"accounts", "certification", "delivery", "dispensing", "notifications", "audit", "pages"}

    for model, its_admin in admin.site._registry.items():
        if model._meta.app_label in ours:
            assert isinstance(its_admin, ActionAdmin), model
            for_many = {page.name for page in [*its_admin.action_pages, *links_of(model)] if page.for_many}
            assert its_admin.get_actions(request_of(factories.staff(is_superuser=True))).keys() == for_many


def request_of(account):
    request = RequestFactory().get("/admin/")
    request.user = account
    return request


def test_a_password_is_changed_on_the_account_page():
    response = client_of("Driver").get("/admin/password_change/")

    assert response.headers["Location"] == reverse("account_change_password")


def test_names_are_those_of_the_site():
    text = client_of("Registrar").get("/admin/").content.decode()

    assert "Example Dispensary" in text
    assert "Django administration" not in text
    assert "<style" not in text


# --- The base: one change, one page, one action ---------------------------------------------------------------------


def waiting_call():
    context = {"physician": factories.physician().pk}
    recipient = "+12035550142"
    queue(kind="physician_bound", recipient=recipient, channel="phone", context=context, dedupe_key="call-1", by=None)
    return Notification.objects.get()


def step_url(call, name="called"):
    return reverse("admin:notifications_notification_step", args=[call.pk, name])


def test_an_action_page_is_offered_explained_and_done():
    call, client = waiting_call(), client_of("Registrar")
    change = reverse("admin:notifications_notification_change", args=[call.pk])
    assert f'href="{step_url(call)}"' in client.get(change).content.decode()

    preview = client.get(step_url(call)).content.decode()
    call.refresh_from_db()
    assert (call.status, "Say this to the person alone:" in preview, f'href="{change}"' in preview) == (
        "queued",
        True,
        True,
    )

    done = client.post(step_url(call), {"outcome": "reached"}, follow=True)
    call.refresh_from_db()
    assert call.status == "sent"
    assert done.redirect_chain == [(change, 302)]
    assert "Enter the call: done." in done.content.decode()
    assert f'href="{step_url(call)}"' not in done.content.decode()


def test_an_action_page_that_is_not_possible_any_more_says_so():
    call, client = waiting_call(), client_of("Registrar")
    client.post(step_url(call), {"outcome": "reached"})

    response = client.get(step_url(call), follow=True)

    assert "Enter the call: not possible any more." in response.content.decode()


def test_an_action_page_needs_its_permission():
    call, client = waiting_call(), client_of("Auditor")

    assert (
        step_url(call)
        not in client.get(reverse("admin:notifications_notification_change", args=[call.pk])).content.decode()
    )
    assert client.post(step_url(call)).status_code == 403
    call.refresh_from_db()
    assert call.status == "queued"


def test_an_action_page_that_is_not_there_is_not_found():
    call, client = waiting_call(), client_of("Registrar")

    assert client.get(step_url(call, "nothing")).status_code == 404
    call.pk = 999
    assert client.get(step_url(call)).status_code == 404


class RefusingAdmin(PhysicianAdmin):
    @staticmethod
    def refuse(physician, request, reason):
        raise IdentificationError(f"Refused for {reason}.", field="reason")

    action_pages = (
        ActionPage(
            name="refuse",
            label="Refuse",
            permission="accounts.change_physician",
            offered=lambda physician: True,
            explain=lambda physician: "What will change.",
            perform=refuse,
            form_class=ReasonForm,
        ),
    )


def refusing(data):
    request = RequestFactory().post("/", data)
    request.user = factories.staff("Registrar")
    its_admin = RefusingAdmin(Physician, admin.site)
    return its_admin.action_page_view(request, str(factories.physician().pk), "refuse").render().content.decode()


def test_a_refusal_is_shown_beside_its_field():
    page = refusing({"reason": "good reasons"})

    assert "Refused for good reasons." in page
    assert "What will change." in page
    assert "good reasons</textarea>" in page


def test_a_reason_is_asked_for():
    assert "Enter a reason." in refusing({})


def test_readers_of_the_audit_trail_get_a_link_to_it():
    physician = factories.physician()
    link = f"/admin/audit/event/?subject_type=accounts.physician&amp;subject_id={physician.pk}"

    page = f"{PHYSICIANS}{physician.pk}/change/"
    assert link in client_of("Auditor").get(page).content.decode()
    assert link not in client_of("Registrar").get(page).content.decode()
    trail = client_of("Auditor").get(link.replace("&amp;", "&"))
    added = next(row for row in trail.context["rows"] if row.action == "physician.add")
    assert added.person == physician.name or physician.name in added.words
    detail = client_of("Auditor").get(f"/admin/audit/event/{added.pk}/change/").content.decode()
    assert "field-created_at" in detail


def test_admins_read_only(rf):
    request = request_of(factories.staff(is_superuser=True))
    for its_admin in (UserAdmin(User, admin.site), IdentificationTryAdmin(IdentificationTry, admin.site)):
        assert not its_admin.has_add_permission(request)
        assert not its_admin.has_change_permission(request)
        assert not its_admin.has_delete_permission(request)
