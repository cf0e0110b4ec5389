"""The page of products with the cart, and the choice of the patient for whom it is."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import SignedInRequest
from delivery import actions, phone
from delivery.filters import MenuFilter
from delivery.forms import LineForm, ZipForm
from delivery.models import Product
from delivery.orderers import CHOSEN, OrdererRequest, orderer_required
from delivery.presenters.allotment import allotment_of
from delivery.presenters.asked import Asked, asked_about
from delivery.presenters.cart import cart_of
from delivery.presenters.menu import MenuProduct, card_of, menu_for, on_menu, row_of
from delivery.presenters.terms import terms_for
from delivery.presenters.where import where_of
from ui.errors import PortalError, add_to_form


@require_safe
@orderer_required
def product_list(request: OrdererRequest) -> HttpResponse:
    return _page(request, zip_form=ZipForm(request.GET if "zip" in request.GET else None))


@orderer_required
def cart_line(request: OrdererRequest) -> HttpResponse:
    """Set one product of the cart to a quantity, and go back to the page it was set on.

    htmx gets the row of the menu and the bar at the foot.
    """
    if request.method != "POST":
        return _back_to_menu(request)
    products = on_menu(request.orderer) if request.htmx else []  # read once, for the form and for the row
    form = LineForm.of(request.POST.get("product", ""), request.POST, known=[row.product for row in products])
    is_set = form.is_valid() and _set_line(request, form)
    page = request.POST.get("next")
    if page in ("cart", "product"):
        _say(request, form)
        return redirect("delivery:cart") if page == "cart" else _back_to_product(form)
    if request.htmx:
        return _row(request, products, form)
    return _back_to_menu(request, at=form.cleaned_data["product"].sku) if is_set else _page(request, form=form)


def _say(request: OrdererRequest, form: LineForm) -> None:
    """Leave a message about what was refused or taken out: the page that follows shows what is in the cart."""
    if not form.errors and form.cleaned_data["quantity"] == 0:
        messages.success(request, _notice(**form.cleaned_data))
    for sentences in form.errors.values():
        messages.error(request, " ".join(str(sentence) for sentence in sentences))


def _back_to_product(form: LineForm) -> HttpResponse:
    product = form.cleaned_data.get("product")
    return redirect("delivery:product-detail", product.sku) if product else redirect("delivery:product-list")


def _back_to_menu(request: OrdererRequest, *, at: str = "") -> HttpResponse:
    """Redirect to the menu with the filters that stand in the address of the form, to the product `at`."""
    chosen = MenuFilter(request.GET)
    query = chosen.chosen | chosen.where
    page = request.GET.get("page", "")
    if page.isdecimal():
        query["page"] = page
    place = f"#product-{at}" if at else ""
    return redirect(reverse("delivery:product-list") + (f"?{urlencode(query)}" if query else "") + place)


def _set_line(request: OrdererRequest, form: LineForm) -> bool:
    orderer = request.orderer
    try:
        actions.set_line(
            patient=orderer.patient,
            product=form.cleaned_data["product"],
            quantity=form.cleaned_data["quantity"],
            by=request.user,
            caller=orderer.caller,
            assignment=orderer.assignment,
            certification=orderer.certification,
        )
    except PortalError as error:
        add_to_form(form, error)
        return False
    return True


def _notice(product: Product, quantity: int) -> str:
    if quantity == 0:
        return _("%(name)s was taken out of your cart.") % {"name": product.shown.full_name}
    return _("In your cart: %(quantity)d × %(name)s.") % {"name": product.shown.full_name, "quantity": quantity}


def _row(request: OrdererRequest, products: Sequence[MenuProduct], form: LineForm) -> HttpResponse:
    """Return the row of the product and the bar; the whole page again where the product has left the menu."""
    product = form.cleaned_data.get("product")
    row = row_of(products, product) if product else None
    if row is None:
        return HttpResponseClientRefresh()
    chosen = MenuFilter(request.GET)
    page = request.GET.get("page", "")
    shown = _cart_context(request)
    context = {
        "card": card_of(row, shown["cart"]),
        "line_url": _line_url(chosen, int(page) if page.isdecimal() else 1),
        "form": form,
        "notice": "" if form.errors else _notice(**form.cleaned_data),
        **shown,
    }
    return render(request, "delivery/_menu_row.html", context)


def _cart_context(request: OrdererRequest) -> dict[str, Any]:
    """Return the cart with what stops it, as the bar at the foot shows it."""
    orderer = request.orderer
    terms = terms_for(orderer.certification)
    cart = cart_of(orderer, terms)
    return {
        "orderer": orderer,
        "terms": terms,
        "cart": cart,
        "allotment": allotment_of(orderer.patient, cart, terms) if cart.lines else None,
        "refusal": orderer.refusal or terms.cover_refusal,
    }


def _page(request: OrdererRequest, *, form: LineForm | None = None, zip_form: ZipForm | None = None) -> HttpResponse:
    orderer, chosen, zip_form = request.orderer, MenuFilter(request.GET), zip_form or ZipForm()
    shown = _cart_context(request)
    terms, cart = shown["terms"], shown["cart"]
    menu = menu_for(on_menu(orderer), orderer.patient, cart, terms, chosen=chosen, page_number=request.GET.get("page"))
    zip_code = zip_form.cleaned_data["zip"] if zip_form.is_bound and zip_form.is_valid() else ""
    context = {
        "asked": _asked_of_caller(request),
        "line_url": _line_url(chosen, menu.page.number),
        "menu": menu,
        "chosen": chosen,
        "form": form or (zip_form if zip_form.is_bound and zip_form.errors else chosen),
        "where": where_of(orderer.patient, terms, chosen_zip=zip_code),
        "zip_form": zip_form,
        **shown,
    }
    return render(request, "delivery/product_list.html", context)


def _asked_of_caller(request: OrdererRequest) -> list[Asked]:
    """Return what the caller is asked: who is on the phone sees neither the home page nor the page of an order."""
    orderer = request.orderer
    if orderer.caller is None:
        return []
    return asked_about([orderer.chosen], user=request.user, caller=orderer.caller, in_full=False)


def _line_url(chosen: MenuFilter, page: int) -> str:
    """Return the address to which a product's form posts, with the filters and the page of the menu."""
    query = chosen.chosen | chosen.where | ({"page": str(page)} if page > 1 else {})
    return reverse("delivery:cart-line") + (f"?{urlencode(query)}" if query else "")


@require_POST
def phone_end(request: SignedInRequest) -> HttpResponse:
    """End the call: from now on the account orders for nobody."""
    phone.end(request)
    return redirect("admin:delivery_order_changelist" if request.user.is_staff else "delivery:home")


@require_POST
@orderer_required
def choose_patient(request: OrdererRequest) -> HttpResponse:
    """A caregiver of two or more patients chooses for whom the next order is."""
    if not request.POST.get("patient"):
        raise Http404
    request.session[CHOSEN] = request.orderer.patient.number
    return redirect("delivery:product-list")
