"""The pages on which the orderer changes an order: cancel, move, decline, order again."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from delivery import actions
from delivery.forms import AnswerForm, MoveForm
from delivery.models import Order, Shortage
from delivery.orderers import CHOSEN, OrdererRequest
from delivery.presenters.terms import terms_for
from delivery.views.orders import context_of, order_required, page_of
from ui.errors import PortalError, add_to_form
from ui.templatetags.portal import long_date


@order_required
@require_http_methods(["GET", "HEAD", "POST"])
def order_cancel(request: OrdererRequest, order: Order) -> HttpResponse:
    if request.method == "POST":
        done = _("Order %(number)s is cancelled.") % {"number": order.number}
        return _act(request, order, actions.cancel_order, done)
    page = page_of(request, order)
    if page.cancel_refusal:
        messages.warning(request, page.cancel_refusal)
        return redirect("delivery:order-detail", order.number)
    return render(request, "delivery/order_cancel.html", context_of(request, order, page))


def _act(request: OrdererRequest, order: Order, action: Callable[..., Order], done: str) -> HttpResponse:
    """Carry out the action and go back to the order, with the sentence `done` or the refusal."""
    try:
        action(order=order, by=request.user)
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("delivery:order-detail", order.number)


@order_required
@require_POST
def order_answer(request: OrdererRequest, order: Order) -> HttpResponse:
    """Enter whether the orderer takes what we offer for something that is short."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the two answers."))
        return redirect("delivery:order-detail", order.number)
    shortage = get_object_or_404(order.shortages, pk=form.cleaned_data["shortage"])
    is_accepted = form.cleaned_data["answer"] == Shortage.Answer.ACCEPTED
    answer = partial(actions.answer_shortage, shortage=shortage, is_accepted=is_accepted)
    return _act(request, order, answer, _("Thank you. Your answer is entered."))


@order_required
@require_POST
def order_again(request: OrdererRequest, order: Order) -> HttpResponse:
    """Put the order's products into the cart of its patient, and go to the checkout, filled in from the order."""
    try:
        actions.reorder(
            order=order,
            by=request.user,
            caller=request.orderer.caller,
            assignment=request.orderer.assignment,
            certification=request.orderer.certification,
        )
    except PortalError as error:
        messages.error(request, str(error))
        return redirect("delivery:order-detail", order.number)
    request.session[CHOSEN] = order.patient.number
    return redirect(f"{reverse('delivery:checkout')}?again={order.number}")


@order_required
@require_http_methods(["GET", "HEAD", "POST"])
def order_move(request: OrdererRequest, order: Order) -> HttpResponse:
    page = page_of(request, order)
    if request.method != "POST" and page.cancel_refusal:
        messages.warning(request, page.cancel_refusal)
        return redirect("delivery:order-detail", order.number)
    terms = terms_for(request.orderer.certification, policy=order.policy)
    form = MoveForm(request.POST if request.method == "POST" else None, terms=terms, current=order.window)
    if form.is_valid() and _move(request, order, form):
        return redirect("delivery:order-detail", order.number)
    return render(request, "delivery/order_move.html", {**context_of(request, order, page), "form": form})


def _move(request: OrdererRequest, order: Order, form: MoveForm) -> bool:
    window = form.cleaned_data["window"]
    try:
        actions.move_order(order=order, window=window, by=request.user)
    except PortalError as error:
        add_to_form(form, error)
        return False
    messages.success(request, _("Moved: we come on %(day)s.") % {"day": long_date(window.date)})
    return True


@order_required
@require_http_methods(["GET", "HEAD", "POST"])
def order_decline(request: OrdererRequest, order: Order) -> HttpResponse:
    """After the cut-off, mark the order: nobody can take it. Staff decide what becomes of the order."""
    if request.method == "POST":
        return _act(request, order, actions.decline_order, _("Thank you for telling us. Our staff see it at once."))
    page = page_of(request, order)
    if page.decline_refusal or order.declined_at:
        return redirect("delivery:order-detail", order.number)
    return render(request, "delivery/order_decline.html", context_of(request, order, page))
