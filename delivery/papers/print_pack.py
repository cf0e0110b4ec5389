"""The print pack of a window as one PDF: what the dispensary needs for a day on which the portal does not answer."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.papers.document import GREY, at_desk
from delivery.models import DeliveryWindow, Order
from delivery.papers.hand_over_forms import draw_forms, draw_spare_forms
from delivery.papers.layout import EDGE, WIDTH, PackPaper
from delivery.papers.pick_list import draw_bags, draw_pick_list
from delivery.papers.run_sheets import draw_phone_list, draw_run_sheet
from delivery.presenters.print_pack import PrintPack, Section
from ui.templatetags.portal import clock, long_date, money

S = Order.Status


def print_pack_pdf(pack: PrintPack, *, now: datetime) -> bytes:
    """Return the pack as it is now: a first page, the pick list, and for each run its bags, sheet and forms."""
    window = words_of_window(pack.window)
    at = timezone.localtime(now)
    printed = _("Printed %(day)s, %(time)s") % {"day": date_format(at, "D, M j"), "time": clock(at)}
    with timezone.override(timezone.get_default_timezone()), at_desk() as desk:
        pdf = PackPaper(
            title=_("Print pack, %(window)s") % {"window": window}, window=window, made_at=now, printed=printed
        )
        pdf.load_fonts(desk, _texts(pack))
        _draw_first_page(pdf, pack)
        draw_pick_list(pdf, pack)
        for section in pack.sections:
            draw_bags(pdf, section)
        for section in pack.sections:
            draw_run_sheet(pdf, section)
        draw_phone_list(pdf, pack.sections)
        for section in pack.sections:
            draw_forms(pdf, section)
        draw_spare_forms(pdf)
        return bytes(pdf.output())


def words_of_window(window: DeliveryWindow) -> str:
    """Return the day and the hours of a window, as every page says them."""
    times = {"day": long_date(window.date), "starts": clock(window.starts), "ends": clock(window.ends)}
    return _("%(day)s, %(starts)s to %(ends)s") % times


def _texts(pack: PrintPack) -> list[str]:
    """Return every text of people and products, so that the fonts hold all of its letters."""
    found = ["·×–’“”"]
    for stop in pack.stops:
        order = stop.order
        found += [
            stop.name,
            stop.for_patient,
            order.street_address,
            order.town,
            *(each.name for each in stop.receivers),
        ]
    for section in pack.sections:
        found += [section.driver, section.vehicle]
    return found + [text for pick in pack.picks for text in (pick.product.full_name, pick.product.sku, pick.lot)]


def _draw_first_page(pdf: PackPaper, pack: PrintPack) -> None:
    """Draw what is in the pack, who drives what, and what to do when the portal does not answer."""
    total = len(pack.stops)
    count = ngettext("%(count)d order", "%(count)d orders", total) % {"count": total}
    pdf.begin(_("Print pack"), count, names_people=False)
    x, y = EDGE, pdf.get_y()
    for number, words in (
        (pack.count(S.PLACED), _("to review")),
        (pack.count(S.CONFIRMED), _("confirmed, to pack")),
        (pack.count(S.PACKED), _("packed")),
        (pack.count(S.OUT_FOR_DELIVERY), _("on the way")),
    ):
        pdf.put(str(number), x, y - 4, width=100, size=20, style="B")
        pdf.put(words, x, y + 22, width=120, size=10, color=GREY)
        x += 133
    pdf.set_y(y + 54)
    _draw_runs(pdf, pack.sections)
    _draw_steps(pdf)


def _draw_runs(pdf: PackPaper, sections: list[Section]) -> None:
    pdf.heads([
        (_("Run"), EDGE, 120, "L"), (_("Driver, vehicle"), EDGE + 150, 150, "L"), (_("Orders"), EDGE + 340, 60, "R"),
        (_("Due"), EDGE + 432, 100, "R"),
    ])  # fmt: skip
    for section in sections:
        y = pdf.make_room(20)
        who = ", ".join(part for part in (section.driver, section.vehicle) if part)
        pdf.put(section.name, EDGE, y, width=145, size=11, style="B")
        pdf.put(who or _("nobody yet"), EDGE + 150, y, width=190, size=11, color=GREY if not who else (0, 0, 0))
        pdf.put(str(len(section.stops)), EDGE + 340, y, width=60, size=11, align="R")
        pdf.put(money(section.due_cents), EDGE + 432, y, width=100, size=11, align="R")
        pdf.rule(y + 16)
        pdf.set_y(y + 20)


def _draw_steps(pdf: PackPaper) -> None:
    y = pdf.make_room(150) + 18
    pdf.put(_("When the portal does not answer"), EDGE, y, width=WIDTH, size=13, style="B", kind="H2")
    y += 22
    for number, words in enumerate(_steps(), start=1):
        pdf.put(f"{number}.", EDGE, y, width=18, size=10.5, style="B")
        pdf.put(words, EDGE + 20, y, width=WIDTH - 20, size=10.5, height=2 * 13.2)
        y = pdf.get_y() + 6


def _steps() -> list[str]:
    return [
        _("Pack by the pick list and the bags. What no pharmacist has confirmed stays here."),
        _("Each driver takes the run sheet and the forms of the run, and writes down when the run left."),
        _("At each door the driver compares card and photo ID with the sheet, counts the money and fills in a form."),
        _("When the portal answers again: open the run in the portal, choose “Type in from paper”, enter when it left, "
          "and type in one form after the other with the times on the paper."),
        _("Settle the run, and keep the signed forms with the records of the day. Shred the other pages."),
    ]  # fmt: skip
