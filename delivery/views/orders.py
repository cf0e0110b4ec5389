"""What was ordered, and what became of it."""

from functools import wraps

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actions import record
from delivery import actions, rules
from delivery.acting import CHOSEN, Acting, acting_required, patients_of
from delivery.models import Order
from delivery.shop import refusal_of
from ui.errors import PortalError

ORDERS_A_PAGE = 50


@require_safe
@acting_required
def order_list(request):
    orders = _orders_of(request.acting.patients).select_related("window", "patient").order_by("-placed_at", "-pk")
    page = Paginator(orders, ORDERS_A_PAGE).get_page(request.GET.get("page"))
    record(action="order.list", by=request.user, subject=request.acting.patient)
    return render(request, "delivery/order_list.html", {"acting": request.acting, "page": page})


def order_required(view):
    """Hands on the order of a patient whom the account acts for. For everybody else there is none, even for a POST."""

    @wraps(view)
    def guarded(request, number):
        patients = list(patients_of(request.user))
        order = _orders_of(patients).with_lines().select_related("policy").filter(number=number.upper()).first()
        if order is None:
            raise Http404
        # As the account knows her, so that no check asks the database again.
        order.patient = next(one for one in patients if one.pk == order.patient_id)
        request.acting = Acting(request.user, order.patient, [order.patient])
        return view(request, order)

    return guarded


@order_required
@require_safe
def order_detail(request, order):
    record(action="order.view", by=request.user, subject=order)
    return render(request, "delivery/order_detail.html", _context(request, order))


@order_required
@require_http_methods(["GET", "HEAD", "POST"])
def order_cancel(request, order):
    if request.method == "POST":
        return _cancel(request, order)
    context = _context(request, order)
    if context["cancel_refusal"]:
        messages.warning(request, context["cancel_refusal"])
        return redirect("delivery:order-detail", order.number)
    return render(request, "delivery/order_cancel.html", context)


@order_required
@require_POST
def order_again(request, order):
    """Into the cart of its patient; what is no longer possible is named there."""
    try:
        missing = actions.reorder(order=order, by=request.user)
    except PortalError as error:
        messages.error(request, str(error))
        return redirect("delivery:order-detail", order.number)
    request.session[CHOSEN] = order.patient.number
    if len(missing) < len(order.lines.all()):
        words = _("What order %(number)s held is in your cart. Look at it before you check out.")
        messages.success(request, words % {"number": order.number})
    for sentence in missing:
        messages.warning(request, sentence)
    return redirect("delivery:product-list")


def _cancel(request, order):
    try:
        actions.cancel_order(order=order, by=request.user)
    except PortalError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Order %(number)s is cancelled.") % {"number": order.number})
    return redirect("delivery:order-detail", order.number)


def _orders_of(patients):
    return Order.objects.placed().filter(patient__in=patients)


def _context(request, order):
    now = timezone.now()
    today = timezone.localdate(now)
    orderer_refusal = refusal_of(rules.check_orderer, order.patient, user=request.user, today=today)
    return {
        "acting": request.acting,
        "order": order,
        "orderer_refusal": orderer_refusal,
        "closes_at": rules.closes_at(order.window, order.policy),
        "cancel_refusal": orderer_refusal
        or refusal_of(rules.check_may_cancel, order, by_staff=request.user.is_staff, now=now),
    }
