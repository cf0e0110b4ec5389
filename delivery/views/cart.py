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

from accounts.requests import SignedInRequest
from delivery import actions, phone, rules
from delivery.filters import MenuFilter
from delivery.forms import LineForm, QuantityForms, ZipForm
from delivery.models import Product
from delivery.orderers import CHOSEN, OrdererRequest, orderer_required
from delivery.presenters.allotment import allotment_of
from delivery.presenters.asked import Asked, asked_about
from delivery.presenters.cart import cart_of
from delivery.presenters.menu import Menu, MenuProduct, cart_rows, menu_for, on_menu
from delivery.presenters.terms import Terms, terms_for
from ui.errors import PortalError, add_to_form
from ui.forms import PortalForm


@require_safe
@orderer_required
def product_list(request: OrdererRequest) -> HttpResponse:
    zip_form = ZipForm(request.GET if "zip" in request.GET else None)
    return _page(request, zip_form=zip_form, form=zip_form)


@orderer_required
def cart_line(request: OrdererRequest) -> HttpResponse:
    """Set one product of the cart to a quantity. htmx gets the menu and the cart again; a browser goes back to them."""
    if request.method != "POST":
        return _back_to_menu(request)
    products = on_menu() if request.htmx else []  # read once, for the form and for the page
    form = LineForm.of(request.POST.get("product", ""), request.POST, known=[row.product for row in products])
    if request.POST.get("next") == "cart":
        return _back_to_cart(request, form)
    if not form.is_valid() or not _set_line(request, form):
        return _page(request, products, form=form)
    notice = _notice(**form.cleaned_data)
    if request.htmx:
        return _page(request, products, notice=notice)
    messages.success(request, notice)
    return _back_to_menu(request)


def _back_to_cart(request: OrdererRequest, form: LineForm) -> HttpResponse:
    """Set the line and redirect to the page of the cart, which shows what is in it; a message says what was refused."""
    if form.is_valid() and _set_line(request, form):
        if form.cleaned_data["quantity"] == 0:
            messages.success(request, _notice(**form.cleaned_data))
    else:
        for sentences in form.errors.values():
            messages.error(request, " ".join(str(sentence) for sentence in sentences))
    return redirect("delivery:cart")


def _back_to_menu(request: OrdererRequest) -> HttpResponse:
    """Redirect to the menu with the filters that stand in the address of the form."""
    query = dict(MenuFilter(request.GET).chosen)
    page = request.GET.get("page", "")
    if page.isdecimal():
        query["page"] = page
    return redirect(reverse("delivery:product-list") + (f"?{urlencode(query)}" if query else ""))


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


def _page(
    request: OrdererRequest,
    products: Sequence[MenuProduct] = (),
    *,
    form: PortalForm | None = None,
    zip_form: ZipForm | None = None,
    notice: str = "",
) -> HttpResponse:
    orderer, chosen = request.orderer, MenuFilter(request.GET)
    terms = terms_for(orderer.certification)
    cart = cart_of(orderer, terms)
    allotment = allotment_of(orderer.patient, cart, terms)
    quantity_form = QuantityForms(posted=form)
    menu = menu_for(
        products or on_menu(),
        orderer.patient,
        cart,
        terms,
        chosen=chosen,
        page_number=request.GET.get("page"),
        quantity_form=quantity_form,
    )
    context = {
        "orderer": orderer,
        "asked": _asked_of_caller(request),
        "terms": terms,
        "cart": cart,
        "cart_rows": cart_rows(cart, allotment, quantity_form),
        "line_url": _line_url(chosen, menu),
        "menu": menu,
        "chosen": chosen,
        "menu_filter": chosen.html(menu.found),
        "allotment": allotment,
        "refusal": orderer.refusal or terms.cover_refusal,
        "form": form or chosen,
        "notice": notice,
        **_zip_context(zip_form, terms),
    }
    return render(request, "delivery/_menu_and_cart.html" if request.htmx else "delivery/product_list.html", context)


def _asked_of_caller(request: OrdererRequest) -> list[Asked]:
    """Return what the caller is asked: who is on the phone sees neither the home page nor the page of an order."""
    orderer = request.orderer
    if orderer.caller is None or request.htmx:
        return []
    return asked_about([orderer.chosen], user=request.user, caller=orderer.caller, in_full=False)


def _zip_context(zip_form: ZipForm | None, terms: Terms) -> dict[str, Any]:
    """Return the form that asks for a ZIP code and, where one was sent, whether it is served."""
    if zip_form is None or not zip_form.is_bound or not zip_form.is_valid():
        return {"zip_form": zip_form or ZipForm()}
    return {"zip_form": zip_form, "zip_is_served": rules.zip_is_served(zip_form.cleaned_data["zip"], terms.policy)}


def _line_url(chosen: MenuFilter, menu: Menu) -> str:
    """Return the address to which a product's form posts, with the filters and the page of the menu."""
    query = {**chosen.chosen, **({"page": menu.page.number} if menu.page.number > 1 else {})}
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
