"""What a recall needs, and what is entered about the people who were told. Each `check_` raises a RecallError."""

import re
from collections.abc import Collection
from difflib import get_close_matches

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from certification.models import Patient
from delivery.models import Lot, Product
from delivery.rules import RecallOutcome
from dispensing.models import Recall, RecalledLot, RecalledPerson
from dispensing.models.recalls import RecalledPersonQuerySet
from dispensing.rules.errors import RecallError
from ui.forms import is_unprintable
from ui.templatetags.portal import long_date

MOST_RECALL_REASON, MOST_INSTRUCTIONS, MOST_NOTE = 300, 500, 1_000  # letters
MOST_NAMED = 5  # lots that a sentence names
PATIENTS_SAY = (RecalledPerson.Answer.RETURNS, RecalledPerson.Answer.USED, RecalledPerson.Answer.DESTROYED)


def lots_called(typed: str, *, product: Product | None = None) -> list[Lot]:
    """Return the lots with the number that was typed, of one product or of every product that has it.

    Other capitals, spaces and hyphens do no harm while only one number fits. Raises RecallError for a number that
    nobody received, with those that look alike, and for one that fits several.
    """
    if not (wanted := _bare(typed)):
        raise RecallError(_("Enter the number of the lot, as the label has it."), field="lot_number")
    lots = Lot.objects.select_related("product")
    known = lots.filter(product=product) if product else lots
    numbers = set(known.order_by().values_list("number", flat=True))
    exact = typed.strip()
    fitting = {exact} if exact in numbers else {number for number in numbers if _bare(number) == wanted}
    check_lot_number_fits_one(exact, fitting, numbers)
    return list(known.filter(number=fitting.pop()).order_by("pk"))


def _bare(number: str) -> str:
    """Return the letters and digits of a lot number in capitals."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def check_lot_number_fits_one(typed: str, fitting: Collection[str], numbers: Collection[str]) -> None:
    """Exactly one number of a lot fits what was typed; raises RecallError that names those which look alike."""
    if len(fitting) == 1:
        return
    if fitting:
        words = _("Several lots look alike: %(lots)s. Type the number exactly as one of them.")
        raise RecallError(words % {"lots": ", ".join(sorted(fitting)[:MOST_NAMED])}, field="lot_number")
    bare = {_bare(number): number for number in numbers}
    alike = [bare[found] for found in get_close_matches(_bare(typed), bare, n=MOST_NAMED, cutoff=0.7)]
    words = _("No lot %(lot)s was ever received. Check the number on the label.")
    if alike:
        words = _("No lot %(lot)s was ever received. These look alike: %(alike)s.")
    raise RecallError(words % {"lot": typed, "alike": ", ".join(alike)}, field="lot_number")


def check_recall_words(reason: str, instructions: str, reason_es: str = "", instructions_es: str = "") -> None:
    """Patients are told why, and what to do, on at most 300 and 500 letters; raises RecallError.

    The Spanish texts may be empty.
    """
    for field, text, most, is_needed in (
        ("reason", reason, MOST_RECALL_REASON, True),
        ("instructions", instructions, MOST_INSTRUCTIONS, True),
        ("reason_es", reason_es, MOST_RECALL_REASON, False),
        ("instructions_es", instructions_es, MOST_INSTRUCTIONS, False),
    ):
        if (is_needed and not text.strip()) or len(text) > most or is_unprintable(text):
            words = _("Say it in 1 to %(most)d letters: patients read it.")
            raise RecallError(words % {"most": most}, field=field)


def check_is_not_being_recalled(lots: Collection[Lot]) -> None:
    """No recall of the lots is open; raises RecallError."""
    found = RecalledLot.objects.filter(lot__in=lots, is_open=True).select_related("recall").first()
    if found:
        words = _("Lot %(lot)s has been recalled since %(day)s. Open that recall: it says who was told.")
        day = long_date(found.recall.started_at)
        raise RecallError(words % {"lot": found.recall.lot_number, "day": day}, field="lot_number")


def check_is_as_previewed(outcomes: Collection[RecallOutcome], seen: Collection[str] | None) -> None:
    """Orders become what the preview showed; raises RecallError. `seen` is None where there was no preview."""
    if seen is not None and {outcome.key for outcome in outcomes} != set(seen):
        raise RecallError(_("Orders have changed meanwhile. Look again at what will happen, then start the recall."))


def check_may_end(recall: Recall, reason: str) -> None:
    """The recall is open, and everybody has answered or was reached, or a reason says why it ends so.

    Raises RecallError.
    """
    if not recall.is_open:
        raise RecallError(_("This recall has ended already."))
    waiting = recall.people.waiting().count()
    if waiting and not reason.strip():
        words = ngettext(
            "%(count)d person has neither answered nor been reached. Say why the recall ends all the same.",
            "%(count)d people have neither answered nor been reached. Say why the recall ends all the same.",
            waiting,
        )
        raise RecallError(words % {"count": waiting}, field="reason")


def check_may_answer(person: RecalledPerson, answer: str, *, by: User) -> None:
    """The account is the patient's or the current caregiver's, the recall is open, and the answer is one of theirs.

    Raises RecallError.
    """
    if not recalled_for(by).filter(pk=person.pk).exists():
        raise RecallError(_("Only the patient or the patient’s caregiver can answer."))
    if not person.recall.is_open:
        raise RecallError(_("This recall has ended. Call us if you still have some of it."))
    if answer not in PATIENTS_SAY:
        raise RecallError(_("Choose one of the three answers."), field="answer")


def check_what_was_said(person: RecalledPerson, answer: str, note: str) -> None:
    """Staff enter an answer, or a note of what was said; an answer of “something else” needs a note.

    Raises RecallError.
    """
    if answer and answer not in RecalledPerson.Answer.values:
        raise RecallError(_("Choose what was answered, or leave it empty."), field="answer")
    if len(note) > MOST_NOTE or is_unprintable(note):
        raise RecallError(_("Write the note in at most 1,000 letters."), field="note")
    if answer in ("", RecalledPerson.Answer.OTHER) and not note.strip():
        raise RecallError(_("Write down what was said."), field="note")


def recalled_for(user: User | int) -> RecalledPersonQuerySet:
    """Return the rows of recalls about which this account is asked: of its own patient, and as a caregiver."""
    patients = Patient.objects.in_hands_of(user)
    return RecalledPerson.objects.filter(patient__in=patients.values("pk"))
