"""What becomes of an order at the orderer's wish: cancelled, moved, not taken, ordered again."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from delivery import actions
from delivery.forms import MoveForm
from delivery.orderers import CHOSEN
from delivery.shop import terms_for
from delivery.views.orders import context_of, order_required
from ui.errors import PortalError, add_to_form
from ui.templatetags.portal import long_date


@order_required
@require_http_methods(["GET", "HEAD", "POST"])
def order_cancel(request, order):
    if request.method == "POST":
        return _cancel(request, order)
    context = context_of(request, order)
    if context["cancel_refusal"]:
        messages.warning(request, context["cancel_refusal"])
        return redirect("delivery:order-detail", order.number)
    return render(request, "delivery/order_cancel.html", context)


@order_required
@require_POST
def order_again(request, order):
    """Into the cart of its patient; what is no longer possible is named there."""
    try:
        missing = actions.reorder(order=order, by=request.user, caller=request.orderer.caller)
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


@order_required
@require_http_methods(["GET", "HEAD", "POST"])
def order_move(request, order):
    context = context_of(request, order)
    if request.method != "POST" and context["cancel_refusal"]:
        messages.warning(request, context["cancel_refusal"])
        return redirect("delivery:order-detail", order.number)
    terms = terms_for(order.patient, policy=order.policy)
    form = MoveForm(request.POST if request.method == "POST" else None, terms=terms, current=order.window)
    if form.is_valid() and (moved := _move(request, order, form)):
        messages.success(request, _("Moved: we come on %(day)s.") % {"day": long_date(moved.window.date)})
        return redirect("delivery:order-detail", order.number)
    return render(request, "delivery/order_move.html", {**context, "form": form})


def _move(request, order, form):
    try:
        return actions.move_order(order=order, window=form.cleaned_data["window"], by=request.user)
    except PortalError as error:
        add_to_form(form, error)
        return None


@order_required
@require_http_methods(["GET", "HEAD", "POST"])
def order_decline(request, order):
    """After the cut-off the stop is only marked: what becomes of it, staff decide."""
    context = context_of(request, order)
    if request.method == "POST":
        try:
            actions.decline_order(order=order, by=request.user)
        except PortalError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Thank you for telling us. Our staff see it at once."))
        return redirect("delivery:order-detail", order.number)
    if context["decline_refusal"] or order.declined_at:
        return redirect("delivery:order-detail", order.number)
    return render(request, "delivery/order_decline.html", context)
