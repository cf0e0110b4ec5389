"""From the cart to an order."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delivery import actions, rules, shop
from delivery.forms import CheckoutForm
from delivery.orderers import orderer_required
from ui.errors import PortalError, add_to_form

WAIT_FOR = "wait_for"  # posted with the form by the button of a full window: its code


@require_http_methods(["GET", "HEAD", "POST"])
@orderer_required
def checkout(request):
    orderer = request.orderer
    terms = SimpleLazyObject(lambda: shop.terms_for(orderer.patient))  # a form that is right needs neither
    cart = SimpleLazyObject(lambda: shop.cart_of(orderer, terms))
    if WAIT_FOR in request.POST:
        return _wait(request, terms, cart)
    if request.method == "POST":
        return _place(request, terms, cart)
    refusal = orderer.refusal
    if refusal or cart.problem:
        messages.warning(request, refusal or cart.problem)
        return redirect("delivery:product-list")
    addresses = [] if orderer.caller else shop.addresses_of(orderer.patient)  # who calls can name another
    used = next((one for one in addresses if one.number == request.GET.get("to")), orderer.patient)
    form = CheckoutForm(initial=_address_of(used), terms=terms, cart=cart)
    return _page(request, form, terms, cart, addresses)


def _address_of(patient_or_order):
    return {name: getattr(patient_or_order, name) for name in ("street", "unit", "city", "zip_code", "phone")}


def _place(request, terms, cart):
    form = CheckoutForm(request.POST, terms=terms, cart=cart)
    if not form.is_valid():
        return _page(request, form, terms, cart)
    answers = form.cleaned_data
    try:
        order = actions.place_order(
            patient=request.orderer.patient,
            window=answers["window"],
            address=form.address,
            payment_method=answers["payment_method"],
            seen_cents=answers["seen_cents"],
            idempotency_key=answers["idempotency_key"],
            by=request.user,
            caller=request.orderer.caller,
        )
    except rules.RepeatedWithOtherContent as error:
        context = {"orderer": request.orderer, "error": error}
        return render(request, "delivery/checkout_repeated.html", context, status=409)
    except PortalError as error:
        add_to_form(form, error)
        return _page(request, form, terms, cart)
    return HttpResponseRedirect(reverse("delivery:order-detail", args=[order.number]), status=303)


def _wait(request, terms, cart):
    """On the list of a full window; what was typed stays, and nothing is ordered."""
    window = next((one for one in terms.windows if one.code == request.POST[WAIT_FOR]), None)
    try:
        rules.check_is_full(window)
        actions.join_waiting_list(window=window, patient=request.orderer.patient, by=request.user)
        messages.success(request, _("You are on the waiting list. We write to you when a place opens."))
    except PortalError as error:
        messages.warning(request, str(error))
    form = CheckoutForm(initial=request.POST.dict(), terms=terms, cart=cart)
    return _page(request, form, terms, cart, key=request.POST.get("idempotency_key"))


def _page(request, form, terms, cart, addresses=(), key=None):
    """The total shown is always today's, so a price that changed is seen, and agreed to, on the next try."""
    context = {
        "orderer": request.orderer,
        "form": form,
        "cart": cart,
        "terms": terms,
        "addresses": addresses,
        "allotment": shop.allotment_of(request.orderer.patient, cart, terms),
        "idempotency_key": (form.cleaned_data.get("idempotency_key") if form.is_bound else key) or uuid4(),
        "full_windows": shop.full_windows(request.orderer, terms),
    }
    return render(request, "delivery/checkout.html", context)
