"""The full names that labels and the log print."""

import pytest
from django.db import IntegrityError, transaction

from dispensing import rules
from dispensing.actions import enter_paper_name
from dispensing.models import PaperName, full_names
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name", ["", "Maria", "maria@example.org", "Maria 2", "A" * 40 + " " + "B" * 41, "Ann\x00 Lee"]
)
def test_check_paper_name(name):
    with pytest.raises(rules.PaperNameError):
        rules.check_paper_name(name)
    rules.check_paper_name("María del Carmen Núñez-O’Brien")


def test_a_name_is_entered_and_changed():
    pharmacist, other = factories.staff("Pharmacist"), factories.staff("Manager")
    enter_paper_name(user=pharmacist, full_name="  Maria   Lopez ", by=other)
    assert full_names([pharmacist.pk, other.pk, None]) == {pharmacist.pk: "Maria Lopez"}
    enter_paper_name(user=pharmacist, full_name="Maria Lopez-Diaz", by=pharmacist)
    assert list(PaperName.objects.values_list("full_name", "entered_by")) == [("Maria Lopez-Diaz", pharmacist.pk)]


def test_the_database_refuses_an_empty_name():
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        PaperName.objects.create(user=factories.staff("Pharmacist"), full_name="")


def test_check_may_enter_name():
    pharmacist, manager, driver = (factories.staff(group) for group in ("Pharmacist", "Manager", "Driver"))
    rules.check_may_enter_name(manager, user=pharmacist)
    rules.check_may_enter_name(pharmacist, user=pharmacist)
    for by, user in ((pharmacist, manager), (driver, driver), (manager, factories.patient().user)):
        with pytest.raises(rules.PaperNameError):
            rules.check_may_enter_name(by, user=user)
