"""The list of orders as HTML: each row fills in one rendered template, for a page has a hundred of them."""

from collections.abc import Iterable, Iterator

from django.utils.safestring import SafeString, mark_safe

from delivery.presenters.staff.order_list import OrderRow, WindowGroup
from ui.rows import filled
from ui.templatetags.portal import clock, long_date, money


def order_bodies(
    groups: Iterable[WindowGroup], *, url_of_zero: str, has_box: bool, has_counts: bool
) -> list[SafeString]:
    """Return a table body for each window with its orders.

    `url_of_zero` is the address of an order with the key 0, with the filters of the list; `has_box` is whether orders
    can be chosen, and `has_counts` whether each window says how many orders stand below it.
    """
    before, after = url_of_zero.split("/0/", 1)
    return [
        mark_safe(f"<tbody>{''.join(_rows(group, before, after, has_box=has_box, has_counts=has_counts))}</tbody>")  # nosec B308 B703
        for group in groups
    ]


def _rows(group: WindowGroup, before: str, after: str, *, has_box: bool, has_counts: bool) -> Iterator[SafeString]:
    window = group.window
    values = {"day": long_date(window.date), "starts": clock(window.starts), "ends": clock(window.ends)}
    count = len(group.rows) if has_counts else 0
    yield filled("admin/delivery/order/window_row.html", values, has_box=has_box, count=count)
    for row in group.rows:
        yield _row(row, f"{before}/{row.pk}/{after}", has_box=has_box)


def _row(row: OrderRow, url: str, *, has_box: bool) -> SafeString:
    values = {
        "pk": row.pk,
        "number": row.number,
        "url": url,
        "patient": row.patient,
        "receiver": row.receiver,
        "total": money(row.total_cents),
    }
    return filled(
        "admin/delivery/order/row.html",
        values,
        has_box=has_box,
        is_guarded=row.is_guarded,
        flags=row.flags,
        tone=row.status.tone,
        status=str(row.status.words),
    )
