"""Collect the texts that patients, caregivers and visitors read, for their translation."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

CATALOG = Path("locale/es/LC_MESSAGES/django.po")
# The rooms that they enter. Physicians' offices and staff work in English.
ROOMS = (
    "templates/*.html", "templates/account/**/*.*", "templates/allauth/**/*.html", "templates/django/**/*.html",
    "templates/mfa/**/*.*", "templates/usersessions/**/*.html", "templates/pages/**/*.html",
    "templates/ui/**/*.html", "templates/delivery/**/*.html", "templates/dispensing/**/*.html",
    "templates/accounts/role.html", "templates/accounts/second_way.html", "templates/accounts/lost_phone.html",
    "templates/accounts/reset_cancel.html", "templates/accounts/main_address.html",
    "templates/certification/affirmation.html", "templates/certification/card.html",
    "templates/certification/certification_ask.html", "templates/certification/certification_move.html",
    "templates/certification/own_*.html", "templates/certification/id_card.html",
    "templates/certification/invitation*.html",
    "templates/certification/certificate.html", "templates/certification/verify.html",
    "templates/emails/base.*", "templates/emails/text_*.*", "templates/emails/_order*.*",
    "templates/emails/assessment_due.*", "templates/emails/card_revoked.*",
    "templates/emails/main_address.*", "templates/socialaccount/email/*.txt",
    "templates/emails/caregiver_*.*", "templates/emails/certification_*.*", "templates/emails/contact_receipt.*",
    "templates/emails/contact_answer.*",
    "templates/emails/invitation.*", "templates/emails/order_*.*", "templates/emails/patient_c*.*",
    "templates/emails/phone_changed.*", "templates/emails/place_open.*",
    "templates/dispensing/**/*.html", "templates/emails/_recall.*",
    "templates/emails/lot_recalled.*", "templates/emails/recall_reminder.*",
    "dispensing/forms.py", "dispensing/views/*.py",
    "templates/emails/hand_over_corrected.*", "templates/emails/report_answered.*",
    "templates/emails/practice_left.*", "templates/emails/renewal_reminder.*", "templates/emails/mfa_reset*.*",
    "ui/*.py", "ui/templatetags/*.py", "pages/forms.py", "pages/rules.py", "pages/views.py",
    "notifications/emails.py", "notifications/texts.py",
    "delivery/*.py", "delivery/actions/*.py", "delivery/writes/*.py", "delivery/presenters/*.py",
    "delivery/models/orders.py", "delivery/models/products.py", "delivery/models/shortages.py",
    "delivery/models/allotment.py", "delivery/models/corrections.py",
    "delivery/models/windows.py", "delivery/rules/*.py", "delivery/views/*.py",
    "dispensing/forms.py", "dispensing/models/assessments.py", "dispensing/presenters/assessments.py",
    "dispensing/rules/assessments.py", "dispensing/views/assessments.py",
    "certification/forms/drafts.py", "certification/forms/joining.py", "certification/forms/people.py",
    "certification/forms/signing.py", "certification/forms/steps.py", "certification/presenters/cards.py",
    "certification/presenters/groups.py", "certification/presenters/status_on_day.py",
    "certification/statements.py", "certification/emails.py", "certification/templatetags/*.py",
    "certification/models/people.py", "certification/models/certifications.py", "certification/models/requests.py",
    "certification/models/amendments.py", "certification/papers/cards.py",
    "certification/actions/joining.py", "certification/actions/cards.py", "certification/actions/requests.py",
    "certification/rules/cards.py", "certification/rules/joining.py", "certification/rules/requests.py",
    "certification/rules/errors.py", "certification/rules/renewal.py", "certification/rules/people.py",
    "certification/views/cards.py", "certification/views/joining.py", "certification/views/requests.py",
    "certification/views/own.py",
    "accounts/middleware.py", "accounts/adapters.py", "accounts/rules/factors.py", "accounts/rules/resets.py",
    "accounts/views/second_factors.py", "accounts/views/addresses.py", "accounts/views/confirming.py",
)  # fmt: skip
# The corners of these rooms that drivers and Managers alone read.
STAFF_CORNERS = (
    "templates/delivery/run_*.html", "templates/delivery/_run_*.html", "delivery/door_forms.py",
    "delivery/views/offline.py",
    "delivery/presenters/run*.py", "delivery/presenters/print_pack.py", "delivery/presenters/settling.py",
    "delivery/rules/hand_overs.py",
    "delivery/rules/paper.py", "delivery/rules/runs.py", "delivery/rules/recalled.py",
    "delivery/rules/settling.py", "delivery/rules/corrections.py", "delivery/rules/returns.py",
    "delivery/views/runs.py", "templates/delivery/_hand_over_form.html",
    "templates/delivery/_id_difference.html", "delivery/presenters/id_reading.py", "delivery/rules/cards.py",
    "delivery/rules/photo_ids.py", "delivery/rules/refused_lines.py", "delivery/rules/signatures.py",
    "delivery/views/door.py",
)  # fmt: skip
HEADER = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Language: es\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip


def collected() -> Catalog:
    """Return every message of ROOMS, without a translation."""
    catalog = Catalog(fuzzy=False)
    for path in _files():
        for _line, message, comments, context in _messages_of(path):
            catalog.add(message, auto_comments=comments, context=context)
    return catalog


def translated() -> Catalog:
    """Return the catalog of the repository."""
    with (settings.BASE_DIR / CATALOG).open("rb") as file:
        return read_po(file, locale="es")


def write(catalog: Catalog) -> None:
    """Write the catalog, sorted and without lines or days, so that two branches merge easily."""
    out = BytesIO()
    write_po(out, catalog, sort_output=True, no_location=True, omit_header=True, width=120)
    (settings.BASE_DIR / CATALOG).write_bytes(HEADER.encode() + out.getvalue())


def without_translation(catalog: Catalog) -> list[Message]:
    """Return the messages without Spanish, or with one of two forms only."""
    return [message for message in catalog if message.id and not _is_translated(message)]


def _is_translated(message: Message) -> bool:
    """Whether each of the forms of a message has a translation."""
    return all(message.string) if isinstance(message.string, list | tuple) else bool(message.string)


def _files() -> Iterator[Path]:
    yield from sorted(_matching(ROOMS) - _matching(STAFF_CORNERS))


def _matching(patterns: Iterable[str]) -> set[Path]:
    return {path for pattern in patterns for path in settings.BASE_DIR.glob(pattern) if path.is_file()}


def _messages_of(path: Path) -> Iterator[tuple]:
    source = path.read_text()
    if path.suffix != ".py":
        source = "\n".join(line.strip() for line in templatize(source).splitlines())  # Python reads indentation
    yield from extract("python", BytesIO(source.encode()), KEYWORDS)
