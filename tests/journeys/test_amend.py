"""A birth date was mistyped, so the patient cannot join until the physician has corrected it."""

from datetime import date

import pytest

from certification.statements import PATIENT_AFFIRMATIONS
from tests import factories
from tests.journeys.visitor import link_in_mail_to

pytestmark = pytest.mark.journey
ROSA = "rosa@example.org"


def test_a_typo_in_a_birth_date_is_corrected(visitor):
    certification = given_a_patient_born_on_the_wrong_day()
    physician, rosa = visitor(), visitor(viewport={"width": 390, "height": 844})
    rosa.makes_an_account(ROSA)
    rosa.signs_in(ROSA)
    when_rosa_opens_the_invitation_with_the_right_birth_date(rosa)
    rosa.sees("does not match our records")
    when_the_physician_corrects_it(physician, certification)
    when_rosa_opens_the_invitation_with_the_right_birth_date(rosa)
    rosa.ticks(*PATIENT_AFFIRMATIONS)
    rosa.submits()
    rosa.opens("/card/")
    rosa.sees(certification.patient.number)
    for person in (physician, rosa):
        person.met_no_barrier()


def given_a_patient_born_on_the_wrong_day():
    amara = factories.identified_physician(first_name="Amara", last_name="Osei")
    profile = factories.profile(email=ROSA, birth_date=date(1980, 4, 27))
    return factories.certification(amara, profile=profile, joined=False)


def when_rosa_opens_the_invitation_with_the_right_birth_date(rosa):
    rosa.opens(link_in_mail_to(ROSA, "/invitation/"))
    rosa.fills_date("birth_date", 4, 28, 1980)
    rosa.submits()


def when_the_physician_corrects_it(physician, certification):
    physician.signs_in(certification.physician.user.email)
    physician.identifies(certification.physician)
    physician.opens(f"/certification/{certification.uuid}/confirmation/")
    physician.follows("Correct name or date of birth")
    physician.confirms_with_password()
    physician.fills_date("birth_date", 4, 28, 1980)
    physician.chooses("proof", "birth_certificate")
    physician.fills(reason="Mistyped at the front desk.")
    physician.submits()
    physician.sees("Seen: Birth certificate.")
