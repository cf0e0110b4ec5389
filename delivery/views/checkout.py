"""The checkout: it turns the cart into an order."""

from collections.abc import Sequence
from typing import cast
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from certification.models import Patient
from delivery import actions, rules
from delivery.forms import CheckoutForm
from delivery.models import Order
from delivery.orderers import OrdererRequest, orderer_required
from delivery.presenters.addresses import addresses_of
from delivery.presenters.allotment import allotment_of
from delivery.presenters.cart import Cart, cart_of
from delivery.presenters.terms import Terms, terms_for
from delivery.presenters.waiting import full_windows
from ui.errors import PortalError, add_to_form

WAIT_FOR = "wait_for"  # posted with the form by the button of a full window: its code


@require_http_methods(["GET", "HEAD", "POST"])
@orderer_required
def checkout(request: OrdererRequest) -> HttpResponse:
    orderer = request.orderer
    # A form without a mistake needs neither of the two, so they are read at their first use.
    terms = cast("Terms", SimpleLazyObject(lambda: terms_for(orderer.certification)))
    cart = cast("Cart", SimpleLazyObject(lambda: cart_of(orderer, terms)))
    if WAIT_FOR in request.POST:
        return _wait(request, terms, cart)
    if request.method == "POST":
        return _place(request, terms, cart)
    refusal = orderer.refusal
    if refusal or cart.problem:
        messages.warning(request, refusal or cart.problem)
        return redirect("delivery:cart")
    addresses = [] if orderer.caller else addresses_of(orderer.patient)  # a caller can name another address
    number = request.GET.get("to")
    used = next((order for order in addresses if order.number == number), orderer.patient)
    form = CheckoutForm(initial=_address_of(used), terms=terms, cart=cart)
    return _page(request, form, terms, cart, addresses)


def _address_of(place: Patient | Order) -> dict[str, str]:
    return {name: getattr(place, name) for name in ("street", "unit", "city", "zip_code", "phone")}


def _place(request: OrdererRequest, terms: Terms, cart: Cart) -> HttpResponse:
    form = CheckoutForm(request.POST, terms=terms, cart=cart)
    if not form.is_valid():
        return _page(request, form, terms, cart)
    try:
        order = _order_from(request, form)
    except rules.RepeatedWithOtherContent as error:
        context = {"orderer": request.orderer, "error": error}
        return render(request, "delivery/checkout_repeated.html", context, status=409)
    except PortalError as error:
        add_to_form(form, error)
        return _page(request, form, terms, cart)
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


def _wait(request: OrdererRequest, terms: Terms, cart: Cart) -> HttpResponse:
    """Put the account on the list of a full window. Nothing is ordered, and the page keeps what was typed."""
    code = request.POST[WAIT_FOR]
    window = next((window for window in terms.windows if window.code == code), None)
    try:
        rules.check_is_full(window)
        assert window is not None
        actions.join_waiting_list(window=window, patient=request.orderer.patient, by=request.user)
        messages.success(request, _("You are on the waiting list. We write to you when a place opens."))
    except PortalError as error:
        messages.warning(request, str(error))
    form = CheckoutForm(initial=request.POST.dict(), terms=terms, cart=cart)
    return _page(request, form, terms, cart, key=request.POST.get("idempotency_key"))


def _page(
    request: OrdererRequest,
    form: CheckoutForm,
    terms: Terms,
    cart: Cart,
    addresses: Sequence[Order] = (),
    key: str | None = None,
) -> HttpResponse:
    """Show the form beside today's total: a changed price is seen, and agreed to, on the next try."""
    context = {
        "orderer": request.orderer,
        "form": form,
        "cart": cart,
        "terms": terms,
        "addresses": addresses,
        "allotment": allotment_of(request.orderer.patient, cart, terms),
        "idempotency_key": (form.cleaned_data.get("idempotency_key") if form.is_bound else key) or uuid4(),
        "full_windows": full_windows(request.orderer, terms),
    }
    return render(request, "delivery/checkout.html", context)
