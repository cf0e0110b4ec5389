"""The roles of a signed-in person: one object, read with the account in one query."""

import pytest
from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.base import BaseStorage
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from accounts.backends import PortalBackend
from accounts.middleware import PersonMiddleware, SessionTimeoutMiddleware
from accounts.models import User
from accounts.person import Person, person_of
from tests import factories

pytestmark = pytest.mark.django_db


def physician():
    return factories.identified_physician().user


def delegate():
    return factories.delegate(factories.identified_physician())


def applicant():
    return factories.application().user


def patient():
    return factories.patient().user


def caregiver():
    certification = factories.certification(caregiver=factories.caregiver(email="elena@example.org"))
    return factories.join(certification.patient.assignments.get().caregiver).user


def staff():
    return factories.staff("Registrar")


KINDS = [
    (physician, {"is_physician", "is_professional"}),
    (delegate, {"is_delegate", "is_professional"}),
    (applicant, {"is_applicant", "is_professional"}),
    (staff, {"is_staff", "is_professional"}),
    (patient, {"is_patient", "is_member"}),
    (caregiver, {"is_caregiver", "is_member"}),
    (factories.user, set()),
]
ANSWERS = [
    "is_physician", "is_delegate", "is_applicant", "is_staff", "is_patient", "is_caregiver",
    "is_professional", "is_member",
]  # fmt: skip


def true_of(person):
    return {answer for answer in ANSWERS if getattr(person, answer)}


@pytest.mark.parametrize(("make", "expected"), KINDS, ids=[make.__name__ for make, _expected in KINDS])
def test_a_person_is_read_with_the_account_in_one_query(make, expected, django_assert_num_queries):
    account = make()

    with django_assert_num_queries(1):
        person = person_of(PortalBackend().get_user(account.pk))

    assert true_of(person) == expected


@pytest.mark.parametrize(("make", "expected"), KINDS, ids=[make.__name__ for make, _expected in KINDS])
def test_a_person_is_the_same_for_an_account_that_was_read_otherwise(make, expected):
    assert true_of(person_of(User.objects.get(pk=make().pk))) == expected


def test_no_role_is_an_attribute_of_the_account_itself():
    account = PortalBackend().get_user(delegate().pk)

    assert account.person.is_delegate
    assert not [answer for answer in ANSWERS if hasattr(account, answer) and answer != "is_staff"]


def test_a_person_who_is_not_signed_in_is_nothing():
    assert true_of(person_of(AnonymousUser())) == set()


def test_an_event_names_a_delegate_whoever_read_the_account():
    account = delegate()

    assert {User.objects.get(pk=account.pk).role, PortalBackend().get_user(account.pk).role} == {"delegate"}


class NoMessages(BaseStorage):
    def _get(self, *args, **kwargs):
        return [], True

    def _store(self, *args, **kwargs):
        return []


def test_a_person_who_was_signed_out_is_nothing_for_the_rest_of_the_request():
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.user = physician()
    login(request, request.user, backend="accounts.backends.PortalBackend")
    request.session["seen_at"] = request.session["started_at"] = "2020-01-01T00:00:00+00:00"
    request._messages = NoMessages(request)
    seen = []

    PersonMiddleware(SessionTimeoutMiddleware(lambda request: seen.append(request.person)))(request)

    assert request.user.is_anonymous
    assert seen == [Person()]
