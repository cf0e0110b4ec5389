"""The page of products with the cart, and the choice of the patient for whom it is."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import SignedInRequest
from delivery import actions, phone
from delivery.filters import MenuFilter
from delivery.forms import LineForm, ZipForm
from delivery.models import DeliveryPolicy, Product
from delivery.orderers import CHOSEN, OrdererRequest, orderer_required
from delivery.presenters.allotment import allotment_of
from delivery.presenters.asked import Asked, asked_about
from delivery.presenters.cart import cart_of
from delivery.presenters.cart_bar import cart_bar
from delivery.presenters.menu import MenuProduct, menu_for, on_menu, row_of
from delivery.presenters.terms import terms_for
from delivery.presenters.where import Where, where_of
from ui.errors import PortalError, add_to_form
from ui.parts import cached_part


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
    sku = request.POST.get("product", "")
    found = on_menu(sku, request.orderer) if request.htmx else None  # read once, for the form and for the row
    form = LineForm.of(sku, request.POST, known=found[:1] if found else ())
    is_set = form.is_valid() and _set_line(request, form)
    page = request.POST.get("next")
    if page in ("cart", "product"):
        _say(request, form)
        return redirect("delivery:cart") if page == "cart" else _back_to_product(form)
    if request.htmx:
        return _row(request, found[1] if found else None, form)
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


def _row(request: OrdererRequest, product: MenuProduct | None, form: LineForm) -> HttpResponse:
    """Return the row of the product and the bar; the whole page again where the product has left the menu."""
    if product is None:
        return HttpResponseClientRefresh()
    page = request.GET.get("page", "")
    shown = _cart_context(request)
    quantity = shown["cart"].quantity_of(product.pk)
    context = {
        "row": row_of(product, quantity, can_order=not shown["refusal"], is_wrong=bool(form.errors)),
        "line_url": _line_url(MenuFilter(request.GET), int(page) if page.isdecimal() else 1),
        "said": " ".join(map(str, form.errors.get("quantity", []))) if form.errors else _notice(**form.cleaned_data),
        "bar": cart_bar(shown["cart"], shown["allotment"], shown["refusal"], swaps=True),
        **_error_of(form),
        **shown,
    }
    return render(request, "delivery/_menu_row.html", context)


def _error_of(form: LineForm | None) -> dict[str, str]:
    """Return why the quantity of a product was refused, as its row says it, and the id of that sentence."""
    if form is None or not form.errors:
        return {"error": "", "error_id": ""}
    sentences = [*form.errors.get("quantity", []), *form.non_field_errors()]
    return {"error": " ".join(map(str, sentences)), "error_id": str(form["quantity"].id_for_label)}


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
    terms = shown["terms"]
    menu = menu_for(
        orderer,
        shown["cart"],
        terms,
        chosen=chosen,
        page_number=request.GET.get("page"),
        can_order=not shown["refusal"],
        wrong=form["product"].value() if form and form.errors else None,
    )
    zip_code = zip_form.cleaned_data["zip"] if zip_form.is_bound and zip_form.is_valid() else ""
    context = {
        "asked": _asked_of_caller(request),
        "line_url": _line_url(chosen, menu.page.number),
        "menu": menu,
        "chosen": chosen,
        "form": form or (zip_form if zip_form.is_bound and zip_form.errors else chosen.form),
        **_error_of(form),
        "where": _strip_of(where_of(orderer.patient, terms, chosen_zip=zip_code), terms.policy, zip_form, chosen),
        "bar": cart_bar(shown["cart"], shown["allotment"], shown["refusal"]),
        **shown,
    }
    return render(request, "delivery/product_list.html", context)


def _strip_of(where: Where, policy: DeliveryPolicy, zip_form: ZipForm, chosen: MenuFilter) -> SafeString:
    """Return the strip that says where and when. What was asked about a ZIP code is not kept."""
    if zip_form.is_bound:
        asked = {"zip_form": zip_form, "was_asked": bool(chosen.where)}
        return _rendered_strip(where, policy.radius_miles, policy.origin_zip, asked)
    return _strip(where, policy.radius_miles, policy.origin_zip)


@cached_part(most=500)
def _strip(where: Where, radius_miles: int | None, origin_zip: str) -> SafeString:
    return _rendered_strip(where, radius_miles, origin_zip, {"zip_form": ZipForm(), "was_asked": False})


def _rendered_strip(where: Where, radius_miles: int | None, origin_zip: str, asked: dict[str, Any]) -> SafeString:
    context = {"where": where, "radius_miles": radius_miles, "origin_zip": origin_zip, **asked}
    return render_to_string("delivery/_where.html", context)


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
