"""The run sheets of the print pack: one stop under the other, with what the driver compares and ticks at the door."""

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.papers.document import BLACK, GREY
from delivery.models import Order
from delivery.papers.layout import EDGE, RED, WIDTH, PackPaper
from delivery.papers.pick_list import state_of
from delivery.presenters.print_pack import Section
from delivery.presenters.run_sheet import Receiver, Stop
from ui.templatetags.portal import money, phone

STOP = 128  # the height of a stop: five on a page
LEFT, MIDDLE, RIGHT = EDGE + 38, 320, EDGE + 400  # texts of a stop, the width of the left ones, the money
S = Order.Status


def draw_run_sheet(pdf: PackPaper, section: Section) -> None:
    """Draw the stops of a run with its driver, vehicle and money; no product is named."""
    count = ngettext("%(count)d order", "%(count)d orders", len(section.stops)) % {"count": len(section.stops)}
    driver = section.driver or (_("No driver yet") if section.run else "")
    who = ", ".join(part for part in (driver, section.vehicle) if part)
    pdf.begin(_("Run sheet: %(run)s") % {"run": section.name}, *(line for line in (who, count) if line))
    _draw_sums(pdf, section)
    for stop in section.stops:
        y = pdf.make_room(STOP)
        _draw_stop(pdf, stop, y)
        pdf.set_y(y + STOP)


def _draw_sums(pdf: PackPaper, section: Section) -> None:
    """Draw what is due in this run, and the lines for when it leaves and is back."""
    y, method = pdf.get_y(), Order.PaymentMethod
    for place, (label, cents) in enumerate((
        (_("Due in all"), section.due_cents), (_("In cash"), section.due_by(method.CASH)),
        (_("By debit card"), section.due_by(method.DEBIT)),
    )):  # fmt: skip
        pdf.put(money(cents), EDGE + 104 * place, y - 2, width=98, size=13, style="B")
        pdf.put(label, EDGE + 104 * place, y + 16, width=98, size=8.5, color=GREY)
    pdf.blank(_("Left at"), EDGE + 340, y - 2, width=88)
    pdf.blank(_("Back at"), EDGE + 444, y - 2, width=88)
    pdf.rule(y + 34)
    pdf.set_y(y + 40)


def _draw_stop(pdf: PackPaper, stop: Stop, y: float) -> None:
    order = stop.order
    pdf.put(str(stop.place), EDGE, y, width=32, size=20, style="B")
    _draw_people(pdf, stop, y)
    where = y + 52
    pdf.put(f"{order.street_address}, {order.town}", LEFT, where, width=MIDDLE, size=11, style="B")
    pdf.put(phone(order.phone), LEFT, where + 16, width=MIDDLE, size=11)
    if stop.same_door:
        pdf.put(_("Same door as the stop before"), LEFT + 110, where + 17, width=200, size=9.5, color=GREY)
    if stop.recalled:
        pdf.put(" ".join(stop.recalled), LEFT, y + 79, width=WIDTH - LEFT + EDGE, size=7.5, style="B", color=RED)
    _draw_money(pdf, stop, y)
    _draw_checks(pdf, stop, y + 89)
    pdf.rule(y + STOP - 9)


def _draw_people(pdf: PackPaper, stop: Stop, y: float) -> None:
    """Draw who may receive the order, each with the birth date and the number on the card, or why nobody may."""
    pdf.put(stop.name, LEFT, y, width=MIDDLE, size=14, style="B", height=19)
    if stop.refusal:
        words = stop.refusal if stop.is_recalled else _("Do not deliver: no certification is valid on this day.")
        pdf.put(words, LEFT, y + 20, width=MIDDLE, size=11, style="B", color=RED)
        return
    for place, receiver in enumerate(stop.receivers):
        pdf.put(_facts(receiver, stop, is_first=place == 0), LEFT, y + 20 + 14 * place, width=MIDDLE, size=9.5)
    if stop.for_patient:
        words = _("For %(patient)s. The caregiver alone takes it.") % {"patient": stop.for_patient}
        pdf.put(words, LEFT, y + 34, width=MIDDLE, size=9.5, style="B")


def _facts(receiver: Receiver, stop: Stop, *, is_first: bool) -> str:
    """Return what is compared with card and photo ID; the name of the first receiver stands above it."""
    words = _("Born %(born)s · card %(card)s")
    if not is_first:
        words = _("Or the caregiver %(name)s · born %(born)s · card %(card)s")
    elif stop.valid_through:
        words = _("Born %(born)s · card %(card)s, valid through %(through)s")
    born, through = (date_format(day, "M j, Y") if day else "" for day in (receiver.birth_date, stop.valid_through))
    return words % {"name": receiver.name, "born": born, "card": receiver.card_number, "through": through}


def _draw_money(pdf: PackPaper, stop: Stop, y: float) -> None:
    order, width = stop.order, WIDTH - (RIGHT - EDGE)
    pdf.put(money(order.subtotal_cents), RIGHT, y - 1, width=width, size=18, style="B", align="R")
    pdf.put(order.get_payment_method_display(), RIGHT, y + 23, width=width, size=9.5, align="R")
    items = ngettext("%(count)d item", "%(count)d items", stop.items) % {"count": stop.items}
    pdf.put(f"{order.number} · {items}", RIGHT, y + 37, width=width, size=9.5, align="R")
    if order.status != S.PACKED:
        pdf.put(state_of(order), RIGHT, y + 51, width=width, size=8.5, align="R", height=23,
                color=RED if order.status == S.PLACED else GREY)  # fmt: skip


def _draw_checks(pdf: PackPaper, stop: Stop, y: float) -> None:
    x = LEFT
    if not stop.refusal:
        for label in (_("Card"), _("Photo ID: name, birth date, face"), _("Money"), _("Form signed")):
            x = pdf.tick(label, x, y, size=9.5)
    pdf.tick(_("Comes back"), RIGHT - 8, y, size=9.5)
    pdf.blank(_("Time"), EDGE + WIDTH - 60, y - 6, width=60)


def draw_phone_list(pdf: PackPaper, sections: list[Section]) -> None:
    """Draw whom to call about which order, by last name."""
    pdf.begin(_("Phone list"), settings.DISPENSARY_NAME, phone(settings.DISPENSARY_PHONE))
    number, stop_at, town = EDGE + 190, EDGE + 296, EDGE + 400

    def heads() -> None:
        pdf.heads([
            (_("Name"), EDGE, 180, "L"), (_("Phone"), number, 100, "L"), (_("Run and stop"), stop_at, 90, "L"),
            (_("Order, town"), town, 130, "L"),
        ])  # fmt: skip

    heads()
    rows = [(section, stop) for section in sections for stop in section.stops]
    for section, stop in sorted(rows, key=lambda row: _sorted_by(row[1])):
        y, order = pdf.make_room(19, heads), stop.order
        pdf.put(stop.name, EDGE, y, width=182, size=10.5, style="B", height=14)
        pdf.put(phone(order.phone), number, y, width=100, size=10.5)
        pdf.put(f"{section.name}, {stop.place}" if section.run else section.name, stop_at, y, width=98, size=9.5)
        pdf.put(f"{order.number}, {order.city}", town, y, width=132, size=9.5, color=BLACK)
        pdf.rule(y + 15)
        pdf.set_y(y + 19)


def _sorted_by(stop: Stop) -> tuple[str, str]:
    """Return the last name first, as people look for it."""
    last = stop.name.split()[-1] if stop.for_patient else stop.order.patient.last_name
    return last.casefold(), stop.name.casefold()
