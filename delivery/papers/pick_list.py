"""The pick list of the print pack: what is taken from which lot, and then bag by bag in the order of the runs."""

from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.papers.document import GREY
from delivery.models import Order
from delivery.papers.layout import EDGE, RED, WIDTH, PackPaper
from delivery.presenters.print_pack import Bag, BagLine, Pick, PrintPack, Section

ROW, LINE, HEAD = 19, 15, 22
LOT, QUANTITY, TAKEN = EDGE + 340, EDGE + 440, EDGE + 502  # where these columns begin
S = Order.Status


def draw_pick_list(pdf: PackPaper, pack: PrintPack) -> None:
    """Draw what all bags take together, by product and lot."""
    bags = sum(len(section.bags) for section in pack.sections)
    count = ngettext("For %(count)d bag", "For %(count)d bags", bags) % {"count": bags}
    pdf.begin(_("Pick list"), count, names_people=False)
    if not pack.picks:
        pdf.put(_("Every order of this window has left."), EDGE, pdf.get_y(), width=WIDTH, size=11)
        return
    heads = partial(pdf.heads, [
        (_("Product"), EDGE, 200, "L"), (_("Lot"), LOT, 90, "L"), (_("Quantity"), QUANTITY, 40, "R"),
        (_("Taken"), TAKEN, 30, "L"),
    ])  # fmt: skip
    heads()
    before: tuple[int, int] | None = None
    for pick in pack.picks:
        y = pdf.make_room(ROW, heads)
        here = (pick.product.pk, pdf.page_no())
        _draw_pick(pdf, pick, y, is_named=here != before)
        pdf.set_y(y + ROW)
        before = here


def _draw_pick(pdf: PackPaper, pick: Pick, y: float, *, is_named: bool) -> None:
    """Draw a row; the product is named in the first row of its lots alone."""
    product = pick.product
    if is_named:
        pdf.put(product.full_name, EDGE, y, width=200, size=10.5, style="B")
        more = f"{product.get_form_display()}, {product.sku}"
        pdf.put(more, EDGE + 208, y + 1, width=126, size=8.5, color=GREY)
    pdf.put(pick.lot or _("no lot yet"), LOT, y, width=95, size=10, color=GREY if not pick.lot else (0, 0, 0))
    pdf.put(str(pick.quantity), QUANTITY, y, width=40, size=11.5, style="B", align="R")
    pdf.box(TAKEN + 8, y + 2)
    pdf.rule(y + ROW - 4)


def draw_bags(pdf: PackPaper, section: Section) -> None:
    """Draw the bags of a run in the order of its stops, each with its lines."""
    if not section.bags:
        return
    count = ngettext("%(count)d bag", "%(count)d bags", len(section.bags)) % {"count": len(section.bags)}
    pdf.begin(_("Bags: %(run)s") % {"run": section.name}, count, names_people=False)
    for bag in section.bags:
        y = pdf.make_room(HEAD + LINE * min(len(bag.lines), 30))
        _draw_bag_head(pdf, bag, y, is_in_run=section.run is not None)
        pdf.set_y(y + HEAD)
        for bag_line in bag.lines:
            y = pdf.make_room(LINE)
            _draw_bag_line(pdf, bag_line, y)
            pdf.set_y(y + LINE)
        pdf.set_y(pdf.get_y() + 3)
        pdf.rule(pdf.get_y())
        pdf.set_y(pdf.get_y() + 5)


def _draw_bag_head(pdf: PackPaper, bag: Bag, y: float, *, is_in_run: bool) -> None:
    if is_in_run:
        pdf.put(str(bag.place), EDGE, y, width=26, size=13, style="B")
    pdf.put(str(bag.order.number), EDGE + 30, y + 1, width=150, size=11, style="B")
    if bag.order.status == S.PACKED:
        pdf.put(_("Packed"), EDGE + 484, y + 2, width=48, size=9.5, color=GREY)
        return
    said = state_of(bag.order)
    pdf.put(said, EDGE + 190, y + 2, width=230, size=9.5, color=RED if bag.order.status == S.PLACED else GREY)
    pdf.tick(_("Packed"), EDGE + 470, y + 1, size=9.5)


def _draw_bag_line(pdf: PackPaper, bag_line: BagLine, y: float) -> None:
    line = bag_line.line
    pdf.box(EDGE + 32, y + 1.5)
    pdf.put(f"{line.quantity} ×", EDGE + 44, y, width=26, size=10, style="B", align="R")
    pdf.put(line.product.full_name, EDGE + 76, y, width=210, size=10)
    pdf.put(line.product.sku, EDGE + 292, y + 1, width=60, size=8.5, color=GREY)
    lots = ", ".join(f"{lot or _('no lot yet')} × {quantity}" for lot, quantity in bag_line.lots)
    pdf.put(lots, EDGE + 356, y, width=110, size=9.5)
    if bag_line.waits:
        pdf.put(_("asked: bag apart"), EDGE + 470, y + 1, width=62, size=8.5, style="B")


def state_of(order: Order) -> str:
    """Return what still has to happen to an order before it can leave, in words."""
    words = {
        S.PLACED: _("Not confirmed: a pharmacist reviews it first"),
        S.CONFIRMED: _("Confirmed, not packed yet"),
        S.PACKED: _("Packed"),
        S.OUT_FOR_DELIVERY: _("Had left when this was printed"),
    }
    return words[S(order.status)]
