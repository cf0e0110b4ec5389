"""Long papers: asked for on a page, made once by a worker whatever happens to it, kept for a week."""

import hashlib
import re
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from dispensing import actions, rules, tasks
from dispensing.actions.papers import LEASE, PART
from dispensing.models import Paper, PaperPart
from dispensing.papers.stored import WRITERS, parts_of
from tests import factories
from tests.delivery.people import words_of
from tests.dispensing.papers import made
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)
LIST = "admin:dispensing_paper_changelist"


@shared
def pharmacist():
    return factories.staff("Pharmacist", first_name="Dana")


def ask(by, **over):
    return actions.ask_paper(**{"kind": "log_csv", "first": DAY, "last": DAY, "by": by, **over})


def make(paper, write):
    """Let a worker make the papers that wait with this function; return the row."""
    actions.make_papers(writers={paper.kind: write}, by=None)
    paper.refresh_from_db()
    return paper


def boxes(first=DAY, last=DAY):
    """Return what the form of a range posts."""
    days = {"first": first, "last": last}
    return {f"{name}_{part}": getattr(day, part) for name, day in days.items() for part in ("month", "day", "year")}


def typed_in(page, name):
    """Return what a box of the form holds."""
    box = re.search(f'<input[^>]*name="{name}"[^>]*>', page.content.decode())[0]
    return re.search('value="([^"]*)"', box)[1]


def test_check_paper_days():
    rules.check_paper_days(DAY, DAY, today=DAY)
    with pytest.raises(rules.PaperError, match="after the last day"):
        rules.check_paper_days(DAY, DAY - timedelta(days=1), today=DAY)
    with pytest.raises(rules.PaperError, match="in the future"):
        rules.check_paper_days(DAY, DAY + timedelta(days=1), today=DAY)


def test_a_paper_is_made_once_sealed_and_read_back(pharmacist):
    paper = ask(pharmacist)
    assert ask(pharmacist) == paper
    content = [b"a" * (PART - 1), b"bc", b"d" * PART]
    paper = make(paper, lambda first, last: content)
    whole = b"".join(content)
    assert (paper.status, paper.size, paper.attempts) == ("ready", len(whole), 1)
    assert paper.digest == hashlib.sha256(whole).hexdigest() and b"".join(parts_of(paper)) == whole
    assert paper.parts.count() == 3
    assert b"aaaa" not in bytes(paper.parts.first().data)
    assert actions.make_papers(writers=WRITERS, by=None) == 0
    assert ask(pharmacist) != paper


def test_a_paper_of_a_lost_worker_is_made_again_and_the_lost_one_stores_nothing(pharmacist, monday):
    paper = ask(pharmacist)

    def killed(first, last):
        yield b"x" * PART
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(paper, killed)
    paper.refresh_from_db()
    assert (paper.status, paper.parts.count()) == ("making", 1)
    assert make(paper, lambda first, last: [b"too early"]).status == "making"
    monday.shift(LEASE + timedelta(seconds=1))

    def overtaken(first, last):
        yield b"y" * PART
        monday.shift(LEASE + timedelta(seconds=1))
        make(paper, lambda first, last: [b"whole"])
        yield b"late"

    paper = make(paper, overtaken)
    assert (paper.status, b"".join(parts_of(paper)), paper.attempts) == ("ready", b"whole", 3)


def test_a_paper_that_fails_three_times_is_given_up(pharmacist, monday):
    paper = ask(pharmacist)

    def broken(first, last):
        yield b"x" * PART
        raise ValueError("no font")

    for tries in (1, 2, 3):
        paper = make(paper, broken)
        assert (paper.status, paper.attempts) == ("making", tries)
        monday.shift(timedelta(minutes=1))
    paper = make(paper, broken)
    assert (paper.status, paper.attempts, paper.parts.count()) == ("failed", 3, 0)
    assert Event.objects.filter(action="paper.fail", subject_id=paper.pk).count() == 1


def test_the_content_is_deleted_after_a_week_and_the_row_stays(pharmacist, monday):
    paper, content = made("log_csv", DAY, by=pharmacist)
    assert content.startswith(b"\xef\xbb\xbfserial,")
    monday.shift(timedelta(days=7))
    assert tasks.delete_old_papers() == 0
    monday.shift(timedelta(seconds=1))
    assert tasks.delete_old_papers() == 1
    paper.refresh_from_db()
    assert (paper.status, paper.digest, PaperPart.objects.count()) == (
        "deleted", hashlib.sha256(content).hexdigest(), 0,
    )  # fmt: skip


# --- The pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["Pharmacist", "Manager", "Auditor"])
def test_staff_ask_wait_and_download(role):
    account = factories.staff(role)
    client = factories.client_for(account)
    page = client.post(reverse("admin:dispensing_paper_log"), {**boxes(), "kind": "log_csv"}, follow=True)
    assert "It begins within a minute." in words_of(page) and "Look again" in words_of(page)
    paper = Paper.objects.get()
    progress, download = (
        reverse(f"admin:dispensing_paper_{name}", args=[paper.pk]) for name in ("progress", "download")
    )
    assert "nothing to download" in words_of(client.get(download, follow=True))
    assert tasks.make_papers() == 1
    polled = client.get(progress, headers={"HX-Request": "true"})
    assert polled["HX-Redirect"] == reverse("admin:dispensing_paper_change", args=[paper.pk])
    page = client.get(progress, follow=True)
    assert "Ready" in words_of(page) and "Download" in words_of(page)
    sent = client.get(download)
    content = sent.getvalue()
    paper.refresh_from_db()
    assert sent["Content-Disposition"] == 'attachment; filename="dispensing-log-2026-11-23-to-2026-11-23.csv"'
    assert hashlib.sha256(content).hexdigest() == paper.digest and int(sent["Content-Length"]) == len(content)
    said = Event.objects.filter(subject_type="dispensing.paper").order_by("pk").values_list("action", flat=True)
    assert [name for name in said if not name.endswith((".list", ".view"))] == [
        "paper.ask", "paper.make", "paper.download",
    ]  # fmt: skip


def test_bad_days_are_said_and_kept(pharmacist):
    client, address = factories.client_for(pharmacist), reverse("admin:dispensing_paper_inspection")
    page = client.post(address, boxes(first=DAY, last=DAY - timedelta(days=1)))
    assert "The first day is after the last day. Exchange them." in words_of(page)
    assert typed_in(page, "last_day") == "22"
    page = client.post(address, boxes(last=DAY + timedelta(days=1)))
    assert "must be today or in the past" in words_of(page)
    page = client.post(address, {**boxes(), "first_day": "31", "first_month": "²"})
    assert page.status_code == 200 and typed_in(page, "first_month") == "²"
    assert not Paper.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "other"},
        {"status": "lost"},
        {"last_date": DAY - timedelta(days=1)},
        {"status": "making"},
        {"lease_until": timezone.now},
        {"status": "ready"},
        {"size": 5},
    ],
)
def test_the_database_refuses_a_paper_that_cannot_be(pharmacist, wrong):
    paper = ask(pharmacist)
    wrong = {name: value() if callable(value) else value for name, value in wrong.items()}
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        Paper.objects.filter(pk=paper.pk).update(**wrong)


def test_the_database_refuses_a_part_twice(pharmacist):
    paper = ask(pharmacist)
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        PaperPart.objects.bulk_create(PaperPart(paper=paper, position=0, data=b"x") for _twice in range(2))
