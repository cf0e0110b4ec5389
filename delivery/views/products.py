"""The page of one product, and whether it is a favorite."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from delivery import actions
from delivery.models import Product
from delivery.orderers import OrdererRequest, not_by_phone, orderer_required
from delivery.presenters.allotment import allotment_of
from delivery.presenters.cart import cart_of
from delivery.presenters.cart_bar import cart_bar
from delivery.presenters.product_page import product_page
from delivery.presenters.terms import terms_for
from ui.errors import PortalError


@require_safe
@orderer_required
def product_detail(request: OrdererRequest, sku: str) -> HttpResponse:
    orderer = request.orderer
    terms = terms_for(orderer.certification)
    cart = cart_of(orderer, terms)
    page = product_page(sku, orderer, cart, terms)
    if page is None:
        raise Http404
    allotment = allotment_of(orderer.patient, cart, terms) if cart.lines else None
    refusal = orderer.refusal or terms.cover_refusal
    context = {
        "orderer": orderer,
        "page": page,
        "line_url": reverse("delivery:cart-line"),
        "bar": cart_bar(cart, allotment, refusal),
        "refusal": refusal,
    }
    return render(request, "delivery/product_detail.html", context)


@require_POST
@not_by_phone
@orderer_required
def favorite(request: OrdererRequest, sku: str) -> HttpResponse:
    """Put the product among the patient's favorites, or take it out; go back to its page."""
    orderer = request.orderer
    product = get_object_or_404(Product, sku=sku)
    try:
        actions.set_favorite(
            patient=orderer.patient,
            product=product,
            is_favorite=request.POST.get("favorite") == "1",
            by=request.user,
            assignment=orderer.assignment,
        )
    except PortalError as error:
        messages.error(request, str(error))
        return redirect("delivery:product-list")
    return redirect("delivery:product-detail", sku)
