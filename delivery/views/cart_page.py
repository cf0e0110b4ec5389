"""The page of the cart."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from delivery.orderers import OrdererRequest, orderer_required
from delivery.presenters.again import again_of, order_to_repeat
from delivery.presenters.cart_page import cart_page
from delivery.presenters.terms import terms_for


@require_safe
@orderer_required
def cart(request: OrdererRequest) -> HttpResponse:
    orderer = request.orderer
    terms = terms_for(orderer.certification)
    page = cart_page(orderer, terms)
    repeated = order_to_repeat(orderer, request.GET.get("again", ""))
    context = {
        "orderer": orderer,
        "terms": terms,
        "page": page,
        "cart": page.cart,
        "again": again_of(repeated, page.cart, orderer.patient, terms) if repeated else None,
        "refusal": orderer.refusal or terms.cover_refusal,
    }
    return render(request, "delivery/cart.html", context)
