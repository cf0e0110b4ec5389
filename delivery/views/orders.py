"""The pages of orders that were placed: the list, one order, and its calendar file."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import push_url, retarget

from audit.actions import record
from certification.models import PatientToday
from delivery.calendar import calendar_of
from delivery.models import Order, OrderLine
from delivery.models.orders import OrderQuerySet
from delivery.orderers import Orderer, OrdererRequest, orderer_required, orders_of, patients_and_caller, taken_in_call
from delivery.presenters.asked import asked_about
from delivery.presenters.order_list import OrdersSeen, order_rows
from delivery.presenters.orders import OrderPage, order_page
from delivery.presenters.waiting import waiting_of
from ui.prepared import Prepared, attach

ORDERS_A_PAGE = 20  # so that a page of many orders costs little more than a page of one


@require_safe
@orderer_required
def order_list(request: OrdererRequest) -> HttpResponse:
    orderer = request.orderer
    keys = [patient.pk for patient in orderer.patients]
    in_call = taken_in_call(request) if orderer.caller else {}
    seen: Any = OrdersSeen({"patients": keys, **in_call})
    page = Paginator(seen, ORDERS_A_PAGE).get_page(request.GET.get("page"))
    record(action="order.list", by=request.user, subject=orderer.patient)
    has_name = bool(orderer.others) or orderer.is_for_somebody_else
    context = {
        "orderer": orderer,
        "page": page,
        "rows": order_rows(list(page.object_list), orderer.patients, has_name=has_name, csrf_token=get_token(request)),
        "has_name": has_name,
        "waiting": waiting_of(request.user) if orderer.caller is None else [],
    }
    return render(request, "delivery/order_list.html", context)


def order_required(
    view: Callable[[OrdererRequest, Order], HttpResponseBase],
) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """Give the view the order with this number, if the account may order for its patient; else answer 404.

    A stranger gets the same answer to a POST.
    """

    @wraps(view)
    def guarded(request: HttpRequest, number: str) -> HttpResponseBase:
        ordering = cast("OrdererRequest", request)
        patients, caller = patients_and_caller(ordering)
        in_call = taken_in_call(ordering) if caller else {}
        order, ordered_for = _order_seen(number, patients, in_call)
        ordering.orderer = Orderer(ordering.user, ordered_for, [ordered_for], caller)
        return view(ordering, order)

    return guarded


def _order_seen(number: str, patients: list[PatientToday], in_call: Mapping[str, Any]) -> tuple[Order, PatientToday]:
    """Return the order with what its pages show, and its patient among `patients`."""
    keys = [each.patient.pk for each in patients]
    order: Order | None = _orders.first(number=number.upper(), patients=keys, **in_call)
    if order is None:
        raise Http404
    attach([order], "lines", _lines.rows(order=order.pk), by="order_id")
    ordered_for = next(each for each in patients if each.patient.pk == order.patient_id)
    order.patient = ordered_for.patient
    return order, ordered_for


def _order_numbered(*, number: str, patients: list[int], **in_call: Any) -> OrderQuerySet:
    found = orders_of(patients=patients, **in_call).filter(number=number)
    return found.select_related("window", "certification", "policy", "placed_by")


_orders = Prepared(_order_numbered)
_lines = Prepared(lambda *, order: OrderLine.objects.filter(order=order).select_related("product").order_by("pk"))


@order_required
@require_safe
def order_detail(request: OrdererRequest, order: Order) -> HttpResponse:
    return render(request, "delivery/order_detail.html", _shown(request, order))


def order_placed(request: OrdererRequest, order: Order) -> HttpResponse:
    """Return the page of the order that was just placed, as htmx puts it into the place of the checkout.

    The address becomes that of the order, so that the page can be loaded again; the browser asks no second time.
    """
    order.patient = request.orderer.patient
    response = render(request, "delivery/_order_placed.html", _shown(request, order))
    push_url(response, reverse("delivery:order-detail", args=[order.number]))
    response["HX-Reswap"] = "outerHTML show:window:top"
    return retarget(response, "#main-content")


def _shown(request: OrdererRequest, order: Order) -> dict[str, Any]:
    orderer = request.orderer
    asked = asked_about([orderer.chosen], user=request.user, caller=orderer.caller, in_full=True)
    return {**context_of(request, order, page_of(request, order)), "asked": asked}


@order_required
@require_safe
def order_calendar(request: OrdererRequest, order: Order) -> HttpResponse:
    record(action="order.view", by=request.user, subject=order)
    disposition = f'attachment; filename="{order.number}.ics"'
    return HttpResponse(calendar_of(order), "text/calendar", headers={"Content-Disposition": disposition})


def page_of(request: OrdererRequest, order: Order) -> OrderPage:
    """Return what the pages of the order say now."""
    return order_page(order, request.orderer, now=timezone.now())


def context_of(request: OrdererRequest, order: Order, page: OrderPage) -> dict[str, Any]:
    """Record the look at an order, and return what the templates of its pages need."""
    record(action="order.view", by=request.user, subject=order)
    return {"orderer": request.orderer, "order": order, "page": page}
