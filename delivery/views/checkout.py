"""The checkout: it turns the cart into an order."""

from typing import Any, cast
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delivery import actions, rules
from delivery.forms import CheckoutForm
from delivery.models import Order
from delivery.orderers import OrdererRequest, orderer_required
from delivery.presenters.cart import Cart
from delivery.presenters.checkout import Checkout
from delivery.presenters.terms import Terms
from delivery.presenters.waiting import full_windows
from delivery.rules.addresses import AddressKey
from delivery.views.orders import order_placed
from ui.errors import PortalError, add_to_form

WAIT_FOR = "wait_for"  # posted with the form by the button of a full window: its code


@require_http_methods(["GET", "HEAD", "POST"])
@orderer_required
def checkout(request: OrdererRequest) -> HttpResponse:
    orderer = request.orderer
    again = request.GET.get("again", "")
    begun = Checkout(orderer, again=again, to=request.GET.get("to", ""))
    if WAIT_FOR in request.POST:
        return _wait(request, begun)
    if request.method == "POST":
        return _place(request, begun)
    refusal = orderer.refusal or begun.cart.problem
    if refusal:
        messages.warning(request, refusal)
        return redirect(reverse("delivery:cart") + (f"?again={begun.repeated}" if begun.repeated else ""))
    return _page(request, _form(begun, initial=begun.initial()), begun)


def _form(begun: Checkout, **answers: Any) -> CheckoutForm:
    """Return the form. One without a mistake needs neither terms, cart nor homes: they are read at their first use."""
    return CheckoutForm(
        terms=cast("Terms", SimpleLazyObject(lambda: begun.terms)),
        cart=cast("Cart", SimpleLazyObject(lambda: begun.cart)),
        homes=cast("set[AddressKey]", SimpleLazyObject(lambda: begun.homes)),
        **answers,
    )


def _place(request: OrdererRequest, begun: Checkout) -> HttpResponse:
    form = _form(begun, data=request.POST)
    if not form.is_valid():
        return _page(request, form, begun)
    try:
        order = _order_from(request, form)
    except rules.RepeatedWithOtherContent as error:
        context = {"orderer": request.orderer, "error": error}
        return render(request, "delivery/checkout_repeated.html", context, status=409)
    except PortalError as error:
        add_to_form(form, error)
        return _page(request, form, begun)
    if request.htmx:
        return order_placed(request, order)
    return HttpResponseRedirect(reverse("delivery:order-detail", args=[order.number]), status=303)


def _order_from(request: OrdererRequest, form: CheckoutForm) -> Order:
    answers = form.cleaned_data
    return actions.place_order(
        patient=request.orderer.patient,
        window=answers["window"],
        address=form.address,
        payment_method=answers["payment_method"],
        seen_cents=answers["seen_cents"],
        idempotency_key=answers["idempotency_key"],
        by=request.user,
        caller=request.orderer.caller,
    )


def _wait(request: OrdererRequest, begun: Checkout) -> HttpResponse:
    """Put the account on the list of a full window. Nothing is ordered, and the page keeps what was typed."""
    window = begun.chosen(request.POST[WAIT_FOR])
    try:
        rules.check_is_full(window)
        assert window is not None
        actions.join_waiting_list(window=window, patient=request.orderer.patient, by=request.user)
        messages.success(request, _("You are on the waiting list. We write to you when a place opens."))
    except PortalError as error:
        messages.warning(request, str(error))
    form = _form(begun, initial=request.POST.dict())
    return _page(request, form, begun, key=request.POST.get("idempotency_key"))


def _page(request: OrdererRequest, form: CheckoutForm, begun: Checkout, key: str | None = None) -> HttpResponse:
    """Show the form beside today's total: a changed price is seen, and agreed to, on the next try.

    After a refusal htmx gets the form alone.
    """
    window = begun.chosen(form["window"].value())
    context = {
        "orderer": request.orderer,
        "form": form,
        "begun": begun,
        "is_on_record": form.is_known_home and form.address_key not in begun.said_homes,
        "cart": begun.cart,
        "terms": begun.terms,
        "window": window,
        "closes_at": rules.closes_at(window, begun.terms.policy) if window else None,
        "allotment": begun.allotment(window),
        "again": begun.differences,
        "idempotency_key": (form.cleaned_data.get("idempotency_key") if form.is_bound else key) or uuid4(),
        "full_windows": full_windows(request.orderer, begun.terms),
    }
    is_part = request.htmx and form.is_bound
    return render(request, "delivery/_checkout_refused.html" if is_part else "delivery/checkout.html", context)
