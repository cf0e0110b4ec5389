"""The pages of the monitoring report: each day, each file, what a pharmacist corrects, and the answers."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from dispensing import actions
from dispensing.models import DispensedUnit, ReportAnswer, ReportFile, ReportRecord
from tests import factories
from tests.delivery import people
from tests.dispensing.test_reporting import delivered
from tests.dispensing.test_sending import answer_to, made
from tests.guard import unguarded

pytestmark = pytest.mark.django_db
DAYS, MAKE = reverse("admin:dispensing_reportfile_days"), reverse("admin:dispensing_reportfile_make")
ENTER = reverse("admin:dispensing_reportanswer_enter")
RECORDS = reverse("admin:dispensing_reportrecord_changelist")


def signed_in(group="Pharmacist"):
    """Return a client of somebody of this group, who signs in at this moment of the stopped clock."""
    return factories.client_for(factories.staff(group))


def step(row, name):
    return reverse(f"admin:dispensing_{row._meta.model_name}_step", args=[row.pk, name])


def page(row):
    return reverse(f"admin:dispensing_{row._meta.model_name}_change", args=[row.pk])


def seen(action):
    return Event.objects.filter(action=action).count()


def in_error(clock):
    """Return a file of two units that was handed in, and that the program refuses."""
    file = made(clock)
    actions.hand_over_download(file=file, by=factories.staff("Pharmacist"))
    actions.record_answer(text=answer_to(file, "03", "PAT07 IS INVALID"), by=None)
    file.refresh_from_db()
    return file


@pytest.mark.parametrize(("group", "is_shown"), [("Pharmacist", True), ("Auditor", True), ("Manager", False)])
def test_the_text_of_a_file_is_for_who_may_read_birth_dates(monday, group, is_shown):
    file = made(monday)
    patient = DispensedUnit.objects.latest("pk").order.patient
    born = f"{patient.birth_date:%Y%m%d}"
    response = signed_in(group).get(page(file))
    assert response.status_code == 200 and born in file.text
    assert (born in response.content.decode()) is is_shown


# --- Days and files ---------------------------------------------------------------------------------------------------


def test_the_days_count_units_and_lead_to_what_waits(monday):
    assert "Nothing was dispensed yet." in people.words_of(signed_in().get(DAYS))
    file = in_error(monday)
    pharmacist = signed_in()
    held = ReportRecord.objects.last()
    with unguarded():
        ReportRecord.objects.filter(pk=held.pk).update(status="held", file=None, sent_at=None)
    (zero,) = actions.make_zero_reports(today=timezone.localdate(), now=timezone.now(), by=None)
    shown = pharmacist.get(DAYS)
    today, before = shown.context["days"]
    assert today.counts == {"dispensed": 2, "reported": 1, "accepted": 0, "in_error": 2, "waiting": 1}
    assert before.zero == zero and "Zero report: waits to be sent" in people.words_of(shown)
    waits = pharmacist.get(f"{today.records_url}&todo=correct")
    assert f"{today.records_url}&todo=correct".replace("&", "&amp;") in shown.content.decode()
    assert {each.status for each in waits.context["cl"].result_list} == {"held", "error"}
    assert [each.pk for each in pharmacist.get(today.files_url).context["cl"].result_list] == [file.pk]
    assert signed_in("Technician").get(DAYS).status_code == 403


def test_the_days_say_what_keeps_reports_from_being_sent(monday, settings):
    delivered(monday)
    settings.REPORT_ORIGIN_CODE = ""
    monday.move_to(ReportRecord.objects.first().due_at)
    words = people.words_of(signed_in().get(DAYS))
    assert "Not reported 50 minutes after the hand-over: 2." in words and "set REPORT_ORIGIN_CODE in the" in words


def test_a_file_is_shown_as_sent_and_looking_at_it_is_recorded(monday):
    file, pharmacist = in_error(monday), signed_in()
    words = people.words_of(pharmacist.get(page(file)))
    assert file.text.splitlines()[3] in words and "PAT07 IS INVALID" in words and seen("reportfile.view") == 1
    address = reverse("admin:dispensing_reportfile_text", args=[file.pk])
    got = pharmacist.get(address)
    assert got.content.decode() == file.text and file.name in got["Content-Disposition"]
    assert seen("reportfile.view") == 2
    assert signed_in("Manager").get(address).status_code == 403
    assert pharmacist.get(reverse("admin:dispensing_reportfile_text", args=[file.pk + 1])).status_code == 404


def test_without_a_server_a_pharmacist_makes_and_hands_in_the_file(monday):
    assert "Nothing waits to be reported." in people.words_of(signed_in().post(MAKE, {}))
    handed, pharmacist = delivered(monday), signed_in()
    assert actions.make_files(now=handed.stated_at + timedelta(minutes=29), by=None) == []
    assert pharmacist.post(MAKE, {}).status_code == 302
    file = ReportFile.objects.get()
    assert "counts as sent" in people.words_of(pharmacist.get(step(file, "download")))
    with unguarded():
        ReportFile.objects.update(status="sending", lease_until=timezone.now())
    assert "is sending this file right now" in people.words_of(pharmacist.post(step(file, "download"), {}))
    with unguarded():
        ReportFile.objects.update(status="made", lease_until=None)
    assert pharmacist.post(step(file, "download"), {}).status_code == 302
    file.refresh_from_db()
    assert file.status == "sent" and file.downloaded_by and ReportRecord.objects.filter(sent_at=None).count() == 0


# --- What a pharmacist does about an error ----------------------------------------------------------------------------


def test_a_report_is_corrected_and_bad_input_keeps_what_was_typed(monday):
    in_error(monday)
    pharmacist = signed_in()
    row = ReportRecord.objects.first()
    shown = pharmacist.get(step(row, "correct"))
    assert "PAT07 IS INVALID" in people.words_of(shown)
    typed = {name: value for name, value in shown.context["form"].initial.items() if value}
    typed["birth_date"] = "11/02/1961"
    for wrong, sentence in (
        ({"last_name": ""}, "last name"),
        ({"birth_date": "soon"}, "date"),
        ({"last_name": "李"}, "李"),
        ({"phone": "12"}, "Enter a phone number of ten digits."),
        ({"zip_code": "6511"}, "Enter a ZIP code of five digits"),
    ):
        again = pharmacist.post(step(row, "correct"), {**typed, "street": "9 Elm St", **wrong})
        words = people.words_of(again)
        assert again.status_code == 200 and sentence in words and "9 Elm St" in again.content.decode(), wrong
    assert pharmacist.post(step(row, "correct"), {**typed, "last_name": "Núñez"}).status_code == 302
    before, row = row.facts, ReportRecord.objects.get(pk=row.pk)
    assert row.status == "waiting" and row.facts["recipient"]["birth_date"] == "1961-11-02"
    assert {**row.facts, "recipient": None} == {**before, "recipient": None}
    (file,) = actions.make_files(now=timezone.now(), at_once=True, by=None)
    assert "PAT*******NUNEZ*" in file.text and file.count == 1
    assert "Nothing has to be done" in people.words_of(pharmacist.post(step(row, "correct"), typed, follow=True))


def test_a_report_is_settled_revised_and_a_file_is_sent_again(monday):
    file, pharmacist = in_error(monday), signed_in()
    first, second = ReportRecord.objects.order_by("pk")
    assert "Enter how you know." in people.words_of(pharmacist.post(step(first, "settle"), {"reason": ""}))
    assert pharmacist.post(step(first, "settle"), {"reason": "Status mail of Nov 27."}).status_code == 302
    first.refresh_from_db()
    assert first.status == "accepted" and Event.objects.get(action="report.settle").reason == "Status mail of Nov 27."
    shown = pharmacist.get(step(first, "revise"))
    typed = {name: value for name, value in shown.context["form"].initial.items() if value}
    typed = {**typed, "birth_date": "11/02/1961", "city": "Milford"}
    assert pharmacist.post(step(first, "revise"), typed).status_code == 302
    revision = ReportRecord.objects.get(kind="revise")
    assert (revision.replaces, revision.status, revision.facts["recipient"]["city"]) == (first, "waiting", "Milford")
    assert "Revise its last report" in people.words_of(pharmacist.post(step(first, "revise"), typed, follow=True))
    assert pharmacist.post(step(file, "again"), {}).status_code == 302
    second.refresh_from_db()
    assert second.status == "waiting"
    (new,) = actions.make_files(now=timezone.now(), at_once=True, by=None)
    assert new.count == 2 and "DSP*01*" in new.text and new.control_number != file.control_number


# --- Answers ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_entered_and_what_cannot_be_used_is_kept_with_why(monday):
    file, pharmacist = made(monday), signed_in()
    actions.hand_over_download(file=file, by=factories.staff("Pharmacist"))
    whole = answer_to(file, "02")
    assert "Choose the file of the answer, or paste its text." in people.words_of(pharmacist.post(ENTER, {"text": " "}))
    large = SimpleUploadedFile("a.txt", b"x" * 1_000_001)
    assert "An answer is a small file." in people.words_of(pharmacist.post(ENTER, {"file": large}))
    assert not ReportAnswer.objects.exists()
    for bad in (b"\x00\xff\xfe PNG", whole[:-4].encode(), whole.replace(file.control_number, "77").encode()):
        assert pharmacist.post(ENTER, {"file": SimpleUploadedFile("a.txt", bad)}).status_code == 302
    todo = f"{reverse('admin:dispensing_reportanswer_changelist')}?todo=read"
    assert pharmacist.get(todo).context["cl"].result_count == 3
    foreign = ReportAnswer.objects.last()
    assert "answers the report 77" in people.words_of(pharmacist.get(page(foreign)))
    assert pharmacist.post(step(foreign, "read"), {}).status_code == 302
    assert pharmacist.get(todo).context["cl"].result_count == 2
    file.refresh_from_db()
    assert file.status == "sent"
    for _twice in range(2):
        assert pharmacist.post(ENTER, {"text": whole}).status_code == 302
    file.refresh_from_db()
    assert file.status == "accepted" and file.answers.count() == 1


def test_a_report_of_a_unit_that_came_back_unseen_is_revised_from_what_was_sent(monday):
    in_error(monday)
    first, pharmacist = ReportRecord.objects.order_by("pk").first(), signed_in()
    pharmacist.post(step(first, "settle"), {"reason": "Status mail of Nov 27."})
    with unguarded():  # as `swap_units` does: what came back was never handed over
        DispensedUnit.objects.filter(pk=first.unit_id).update(place="road", handed_over_at=None)
    shown = pharmacist.get(step(first, "revise"))
    assert shown.context["form"].initial["city"] == first.facts["recipient"]["city"]
    assert pharmacist.post(step(first, "revise"), {}).status_code == 200
