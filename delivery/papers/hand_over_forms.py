"""The hand-over forms of the print pack: what the portal asks at the door, filled in by hand and typed in later."""

from django.utils.translation import gettext as _

from certification.papers.document import BLACK, GREY
from delivery.models import DoorAttempt, HandOver
from delivery.papers.layout import EDGE, WIDTH, PackPaper
from delivery.presenters.print_pack import Section
from delivery.presenters.run_sheet import Stop
from ui.templatetags.portal import money

FORM = 322  # the height of a form: two on a page, with room to write
SPARE = 2  # empty forms at the end
LABEL = EDGE + 86  # where the answers begin
Outcome = DoorAttempt.Outcome


def draw_forms(pdf: PackPaper, section: Section) -> None:
    """Draw a form for each stop of a run, with the order and who may take it."""
    pdf.begin(_("Hand-over forms: %(run)s") % {"run": section.name}, section.driver)
    for stop in section.stops:
        y = pdf.make_room(FORM)
        _draw_head(pdf, stop, section, y)
        _draw_form(pdf, stop, y)
        pdf.set_y(y + FORM)


def draw_spare_forms(pdf: PackPaper) -> None:
    """Draw a page of forms without an order."""
    pdf.begin(_("Hand-over forms: spare"))
    for _place in range(SPARE):
        y = pdf.make_room(FORM)
        pdf.blank(_("Order number"), EDGE, y - 4, width=150)
        pdf.blank(_("Run and stop"), EDGE + 166, y - 4, width=120)
        pdf.blank(_("Due"), EDGE + WIDTH - 90, y - 4, width=90, lead="$")
        _draw_form(pdf, None, y)
        pdf.set_y(y + FORM)


def _draw_head(pdf: PackPaper, stop: Stop, section: Section, y: float) -> None:
    order = stop.order
    where = _("%(run)s, stop %(place)d") % {"run": section.name, "place": stop.place}
    pdf.put(str(order.number), EDGE, y, width=170, size=14, style="B")
    pdf.put(where if section.run else section.name, EDGE + 176, y + 3, width=170, size=10.5)
    due = _("%(due)s due") % {"due": money(order.subtotal_cents)}
    pdf.put(due, EDGE + 360, y, width=WIDTH - 360, size=14, style="B", align="R")


def _draw_form(pdf: PackPaper, stop: Stop | None, y: float) -> None:
    pdf.rule(y + 24 if stop else y + 30, color=BLACK, thick=0.8)
    _draw_row(pdf, _("Taken by"), y + 40)
    _draw_receivers(pdf, stop, y + 40)
    _draw_checks(pdf, y + 70)
    _draw_row(pdf, _("Money"), y + 148)
    labels = ((_("Cash given, with the tip"), "$"), (_("Of it the tip"), "$"), (_("Debit card"), "$"), (_("Time"), ""))
    for place, (label, lead) in enumerate(labels):
        pdf.blank(label, LABEL + place * 114, y + 142, width=104, lead=lead)
    _draw_row(pdf, _("Part refused"), y + 186)
    pdf.blank(_("Which lines of the bag, and how many of each"), LABEL, y + 180, width=EDGE + WIDTH - LABEL)
    _draw_row(pdf, _("Not handed over"), y + 222)
    for row, outcomes in enumerate(_outcomes()):
        x = LABEL
        for words in outcomes:
            x = pdf.tick(words, x, y + 222 + 18 * row, size=8.5)
    pdf.blank(_("Signature of who took it"), LABEL, y + 276, width=262)
    pdf.blank(_("Driver"), LABEL + 278, y + 276, width=EDGE + WIDTH - LABEL - 278)
    pdf.rule(y + FORM - 12)


def _draw_checks(pdf: PackPaper, y: float) -> None:
    """Draw what is compared with the card and the photo ID, and what is copied from them."""
    _draw_row(pdf, _("Card"), y)
    pdf.tick(_("Name and last day"), LABEL, y)
    pdf.blank(_("Number of the card"), LABEL + 150, y - 6, width=EDGE + WIDTH - LABEL - 150)
    _draw_row(pdf, _("Photo ID"), y + 32)
    x = pdf.tick(_("Name, birth date, face"), LABEL, y + 32)
    for kind in HandOver.PhotoId:
        x = pdf.tick(str(kind.label), x, y + 32)
    pdf.blank(_("State"), LABEL, y + 40, width=50)
    pdf.blank(_("Number of the ID"), LABEL + 66, y + 40, width=220)
    pdf.blank(_("Expires"), LABEL + 302, y + 40, width=EDGE + WIDTH - LABEL - 302)


def _draw_row(pdf: PackPaper, label: str, y: float) -> None:
    pdf.put(label, EDGE, y, width=80, size=9.5, style="B", color=GREY)


def _draw_receivers(pdf: PackPaper, stop: Stop | None, y: float) -> None:
    """Draw who may take the order, by name, or two lines to fill in."""
    if stop is None:
        x = LABEL
        for kind in HandOver.ReceivedBy:
            x = pdf.tick(str(kind.label), x, y)
        pdf.blank(_("Name"), x, y - 8, width=EDGE + WIDTH - x)
        return
    room = (EDGE + WIDTH - LABEL) / max(len(stop.receivers), 1) - 26
    x = LABEL
    for receiver in stop.receivers:
        x = pdf.tick(receiver.label, x, y, style="B", most=room)


def _outcomes() -> list[list[str]]:
    """Return the other outcomes in two rows; nobody home is two, because the driver may try again."""
    labels = {outcome: str(outcome.label) for outcome in Outcome}
    nobody = [_("Nobody home, tried again later"), _("Nobody home, comes back")]
    return [
        [*nobody, labels[Outcome.ID_DIFFERS]],
        [labels[Outcome.NO_CARD], labels[Outcome.SHORT_OF_MONEY], labels[Outcome.REFUSED], _("Certification ended")],
    ]
