"""The sheet on which the money of a run is counted, and that is kept when it is settled. It names no patient."""

from datetime import datetime
from functools import partial

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from certification.papers.document import GREY, at_desk
from delivery.models import HandOver
from delivery.papers.layout import EDGE, WIDTH, PackPaper
from delivery.papers.print_pack import words_of_window
from delivery.presenters.runs import staff_name
from delivery.presenters.settling import Settling
from ui.templatetags.portal import clock, moment, money

ROW = 18
DUE, CASH, DEBIT, TIP = (EDGE + 190 + 88 * place for place in range(4))
COLUMN = 78


def settling_sheet_pdf(settling: Settling, *, now: datetime) -> bytes:
    """Return the sheet of a run: to count on before it is settled, and with what was counted afterwards."""
    run, at = settling.run, timezone.localtime(now)
    printed = _("Printed %(day)s, %(time)s") % {"day": date_format(at, "D, M j"), "time": clock(at)}
    who = ", ".join(part for part in (staff_name(run.driver), run.vehicle) if part)
    window = words_of_window(run.window)
    with timezone.override(timezone.get_default_timezone()), at_desk() as desk:
        pdf = PackPaper(title=_("Settling sheet %(run)s") % {"run": run}, window=window, made_at=now, printed=printed)
        pdf.load_fonts(desk, ["·×–’“”", who, run.difference_reason, staff_name(run.closed_by)])
        left = _("Left at %(time)s") % {"time": clock(run.opened_at)} if run.opened_at else ""
        pdf.begin(_("Settling sheet: %(run)s") % {"run": run.name}, who, left, names_people=False)
        _draw_hand_overs(pdf, settling.hand_overs)
        _draw_came_back(pdf, settling)
        _draw_rows(pdf, settling)
        _draw_count(pdf, settling)
        return bytes(pdf.output())


def _draw_hand_overs(pdf: PackPaper, hand_overs: list[HandOver]) -> None:
    heads = partial(pdf.heads, [
        (_("Handed over"), EDGE, 180, "L"), (_("Due"), DUE, COLUMN, "R"), (_("Cash without tip"), CASH, COLUMN, "R"),
        (_("Debit card"), DEBIT, COLUMN, "R"), (_("Tip"), TIP, COLUMN, "R"),
    ])  # fmt: skip
    heads()
    for made in hand_overs:
        y = pdf.make_room(ROW, heads)
        pdf.put(str(made.order.number), EDGE, y, width=100, size=10, style="B")
        when = clock(made.stated_at)
        said = _("%(time)s, from paper") % {"time": when} if made.typed_by_id else when
        pdf.put(said, EDGE + 104, y, width=100, size=9, color=GREY)
        cash = made.cash_cents - made.tip_cents
        columns = (DUE, made.amount_due_cents), (CASH, cash), (DEBIT, made.debit_cents), (TIP, made.tip_cents)
        for x, cents in columns:
            pdf.put(money(cents), x, y, width=COLUMN, size=10, align="R")
        pdf.rule(y + ROW - 4)
        pdf.set_y(y + ROW)
    if not hand_overs:
        pdf.put(_("None"), EDGE, pdf.get_y(), width=WIDTH, size=10)
        pdf.set_y(pdf.get_y() + 4)


def _draw_came_back(pdf: PackPaper, settling: Settling) -> None:
    if not settling.came_back:
        return
    pdf.set_y(pdf.make_room(60) + 14)
    pdf.heads([(_("Came back"), EDGE, 180, "L"), (_("Why"), DUE, 200, "L"), (_("Taken in"), TIP - 60, 138, "R")])
    for each in settling.came_back:
        y = pdf.make_room(ROW)
        pdf.put(each.number, EDGE, y, width=100, size=10, style="B")
        pdf.put(clock(each.at) if each.at else "", EDGE + 104, y, width=80, size=9, color=GREY)
        pdf.put(each.why, DUE, y, width=200, size=9.5)
        taken = clock(each.taken_in_at) if each.taken_in_at else _("not yet")
        pdf.put(taken, TIP - 60, y, width=138, size=9.5, align="R")
        pdf.rule(y + ROW - 4)
        pdf.set_y(y + ROW)


def _draw_rows(pdf: PackPaper, settling: Settling) -> None:
    y = pdf.make_room(180) + 22
    for row in settling.rows:
        is_bold = row.is_sum or row.is_counted
        if is_bold:
            pdf.rule(y - 3, x=EDGE + 200, width=WIDTH - 200, color=(27, 27, 27), thick=0.9)
        pdf.put(row.label, EDGE + 200, y, width=210, size=11, style="B" if is_bold else "")
        pdf.put(money(row.cents), TIP - 20, y, width=COLUMN + 20, size=11, style="B" if is_bold else "", align="R")
        y += 22 if row.is_sum else 18
    pdf.set_y(y + 6)


def _draw_count(pdf: PackPaper, settling: Settling) -> None:
    """Draw what was counted, or the lines to count on."""
    run = settling.run
    y = pdf.make_room(150)
    if run.cash_counted_cents is None:
        pdf.blank(_("Cash counted, without the tips"), EDGE + 200, y, width=150, lead="$")
        pdf.blank(_("Difference"), EDGE + 372, y, width=160, lead="$")
        pdf.blank(_("Reason, if it differs"), EDGE, y + 40, width=WIDTH)
    else:
        difference = settling.difference_cents
        for label, words in (
            (_("Cash counted"), money(run.cash_counted_cents)),
            (_("Difference"), money(difference) if difference else _("none")),
        ):
            pdf.put(label, EDGE + 200, y, width=210, size=11, style="B")
            pdf.put(words, TIP - 20, y, width=COLUMN + 20, size=11, style="B", align="R")
            y += 18
        pdf.put(run.difference_reason, EDGE + 200, y, width=WIDTH - 200, size=10, height=40)
        settled = {"who": staff_name(run.closed_by), "when": moment(run.closed_at)}
        pdf.put(_("Settled by %(who)s, %(when)s") % settled, EDGE, y + 44, width=WIDTH, size=9.5, color=GREY)
    pdf.blank(_("Who counted"), EDGE, y + 92, width=256)
    pdf.blank(_("Driver"), EDGE + 276, y + 92, width=256)
