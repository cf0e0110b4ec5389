"""A stranger who guesses numbers learns nothing from the answers, and locks out no bound physician."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import rules
from accounts.actions import identify_physician
from accounts.models import IdentificationTry
from tests import factories

pytestmark = pytest.mark.django_db
IDENTIFY = "/accounts/physician/identify/"


def guess(number):
    """Return the SQL of a wrong guess without its values, and the page without the number and the visitor's name."""
    user = factories.user()
    client = factories.client_for(user)
    client.get(IDENTIFY)
    with CaptureQueriesContext(connection) as caught:
        page = client.post(IDENTIFY, {"dea_number": number, "ssn_last_four": "0000"}).content.decode()
    statements = [re.sub(r"'[^']*'|\b\d+\b|s\d+_x\d+", "?", query["sql"]) for query in caught]
    return statements, re.sub(rf'{number}|{user.email}|value="[\w-]{{64}}"|nonce="[^"]*"', "", page)


def test_an_unknown_number_and_wrong_digits_ask_the_same_and_answer_the_same():
    asked, answered = guess(factories.dea_number())
    assert 8 < len(asked) < 30
    assert guess(factories.physician().dea_number) == (asked, answered)


def test_the_number_of_a_bound_account_takes_as_many_queries_and_answers_the_same():
    asked, answered = guess(factories.dea_number())
    asked_of_bound, answered_of_bound = guess(factories.identified_physician().dea_number)
    assert (len(asked_of_bound), answered_of_bound) == (len(asked), answered)


def test_wrong_digits_are_compared_even_when_the_number_is_unknown(monkeypatch):
    compared = []
    monkeypatch.setattr(rules, "ssn_digits_match", lambda *given: bool(compared.append(given[2])))
    physician = factories.physician()
    for number in (physician.dea_number, factories.dea_number()):
        guess(number)
    assert compared == [physician.ssn_digest, ""]


def test_fifty_failures_of_strangers_do_not_lock_the_owner_out():
    physician = factories.identified_physician()
    strangers = [factories.user() for _ in range(10)]
    for number in range(50):
        wrong = {"dea_number": physician.dea_number, "ssn_last_four": "0000", "address": f"10.0.0.{number}"}
        with pytest.raises((rules.IdentificationError, rules.LockedOut)):
            identify_physician(**wrong, by=strangers[number % 10])
    assert IdentificationTry.objects.filter(succeeded=False).count() == 5
    client = factories.client_for(physician.user, identified=False)
    digits = {"dea_number": physician.dea_number, "ssn_last_four": factories.SSN_LAST_FOUR}
    assert client.post(IDENTIFY, digits).headers["Location"] == "/certification/start/"
