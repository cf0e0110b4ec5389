"""The hand-over forms of the print pack: what the portal asks at the door, filled in by hand and typed in later."""

from django.utils.translation import gettext as _

from certification.papers.document import BLACK, GREY
from delivery.models import DoorAttempt, HandOver
from delivery.papers.layout import EDGE, WIDTH, PackPaper
from delivery.presenters.print_pack import Section
from delivery.presenters.run_sheet import Stop
from ui.templatetags.portal import money

FORM = 216  # the height of a form: three on a page
SPARE = 3  # empty forms at the end
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
        pdf.blank(_("Order number"), EDGE, y - 6, width=150)
        pdf.blank(_("Run and stop"), EDGE + 166, y - 6, width=120)
        pdf.blank(_("Due"), EDGE + WIDTH - 90, y - 6, width=90, lead="$")
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
    pdf.rule(y + 22 if stop else y + 26, color=BLACK, thick=0.8)
    _draw_row(pdf, _("Taken by"), y + 31)
    _draw_receivers(pdf, stop, y + 31)
    _draw_row(pdf, _("Checked"), y + 51)
    x = pdf.tick(_("Card: name, number, last day"), LABEL, y + 51)
    pdf.tick(_("Photo ID: name, birth date, face"), x + 6, y + 51)
    _draw_row(pdf, _("Photo ID"), y + 73)
    x = LABEL
    for kind in HandOver.PhotoId:
        x = pdf.tick(str(kind.label), x, y + 73)
    pdf.blank(_("State"), x + 2, y + 65, width=36)
    pdf.blank(_("Number"), x + 50, y + 65, width=EDGE + WIDTH - x - 50)
    _draw_row(pdf, _("Money"), y + 107)
    for place, (label, lead) in enumerate(
        ((_("Cash given, with the tip"), "$"), (_("Of it the tip"), "$"), (_("Debit card"), "$"), (_("Time"), ""))
    ):
        pdf.blank(label, LABEL + place * 114, y + 99, width=100, lead=lead)
    _draw_row(pdf, _("Not handed over"), y + 134)
    for row, outcomes in enumerate(_outcomes()):
        x = LABEL
        for words in outcomes:
            x = pdf.tick(words, x, y + 134 + 15 * row, size=8.5)
    pdf.blank(_("Signature of who took it"), LABEL, y + 174, width=262)
    pdf.blank(_("Driver"), LABEL + 278, y + 174, width=EDGE + WIDTH - LABEL - 278)
    pdf.rule(y + FORM - 8)


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
