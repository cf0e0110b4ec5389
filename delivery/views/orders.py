"""What was ordered, and what became of it."""

from functools import wraps

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import may_as_staff
from audit.actions import record
from delivery import rules
from delivery.acting import Acting, acting_required, orders_seen, people_of
from delivery.calendar import calendar_of
from delivery.shop import refusal_of, waiting_of

ORDERS_A_PAGE = 50


@require_safe
@acting_required
def order_list(request):
    orders = orders_seen(request, request.acting.patients, request.acting.caller)
    orders = orders.select_related("window", "patient").order_by("-placed_at", "-pk")
    page = Paginator(orders, ORDERS_A_PAGE).get_page(request.GET.get("page"))
    record(action="order.list", by=request.user, subject=request.acting.patient)
    waiting = waiting_of(request.user) if request.acting.caller is None else []
    return render(request, "delivery/order_list.html", {"acting": request.acting, "page": page, "waiting": waiting})


def order_required(view):
    """Hands on the order of a patient whom the account acts for. For everybody else there is none, even for a POST."""

    @wraps(view)
    def guarded(request, number):
        patients, caller = people_of(request)
        order = (
            orders_seen(request, patients, caller)
            .with_lines()
            .select_related("policy")
            .filter(number=number.upper())
            .first()
        )
        if order is None:
            raise Http404
        # As the account knows her, so that no check asks the database again.
        order.patient = next(one for one in patients if one.pk == order.patient_id)
        request.acting = Acting(request.user, order.patient, [order.patient], caller)
        return view(request, order)

    return guarded


@order_required
@require_safe
def order_detail(request, order):
    record(action="order.view", by=request.user, subject=order)
    return render(request, "delivery/order_detail.html", context_of(request, order))


@order_required
@require_safe
def order_calendar(request, order):
    record(action="order.view", by=request.user, subject=order)
    disposition = f'attachment; filename="{order.number}.ics"'
    return HttpResponse(calendar_of(order), "text/calendar", headers={"Content-Disposition": disposition})


def context_of(request, order):
    now = timezone.now()
    orderer_refusal = request.acting.refusal
    by_staff = may_as_staff(request.user, "delivery.change_order")
    return {
        "acting": request.acting,
        "order": order,
        "orderer_refusal": orderer_refusal,
        "closes_at": rules.closes_at(order.window, order.policy),
        "cancel_refusal": orderer_refusal or refusal_of(rules.check_may_cancel, order, by_staff=by_staff, now=now),
        "decline_refusal": orderer_refusal or refusal_of(rules.check_may_decline, order, now=now),
    }
