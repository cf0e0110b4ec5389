"""The products, the cart, and for whom it is."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from delivery import actions, phone, rules, shop
from delivery.filters import MenuFilter
from delivery.forms import LineForm, ZipForm
from delivery.orderers import CHOSEN, orderer_required
from ui.errors import PortalError, add_to_form


@require_safe
@orderer_required
def product_list(request):
    zip_form = ZipForm(request.GET if "zip" in request.GET else None)
    return _page(request, zip_form=zip_form, form=zip_form)


@orderer_required
def cart_line(request):
    """One line, set to a quantity. htmx gets the shop again; everybody else goes back to it."""
    if request.method != "POST":
        return _back_to_menu(request)
    products = shop.on_menu() if request.htmx else []  # read once, for the form and for the page
    form = LineForm.of(request.POST.get("product", ""), request.POST, known=products)
    if not form.is_valid() or not _set_line(request, form):
        return _page(request, products, form=form)
    notice = _words_on(**form.cleaned_data)
    if request.htmx:
        return _page(request, products, notice=notice)
    messages.success(request, notice)
    return _back_to_menu(request)


def _back_to_menu(request):
    """With the filters that the form carried along in its address."""
    query = dict(MenuFilter(request.GET).chosen)
    if request.GET.get("page", "").isdecimal():
        query["page"] = request.GET["page"]
    return redirect(reverse("delivery:product-list") + (f"?{urlencode(query)}" if query else ""))


def _set_line(request, form):
    try:
        orderer = request.orderer
        actions.set_line(patient=orderer.patient, caller=orderer.caller, by=request.user, **form.cleaned_data)
    except PortalError as error:
        add_to_form(form, error)
        return False
    return True


def _words_on(product, quantity):
    if quantity == 0:
        return _("%(name)s was taken out of your cart.") % {"name": product.name}
    return _("In your cart: %(quantity)d × %(name)s.") % {"name": product.name, "quantity": quantity}


def _page(request, products=None, *, form=None, zip_form=None, notice=""):
    orderer = request.orderer
    terms = shop.terms_for(orderer.patient)
    cart = shop.cart_of(orderer, terms)
    chosen = MenuFilter(request.GET)
    products = products or shop.on_menu()
    menu = shop.menu_for(products, orderer.patient, cart, terms, chosen=chosen, page_number=request.GET.get("page"))
    _lay_out_forms(menu.shelves, cart, form)
    context = {
        "orderer": orderer,
        "terms": terms,
        "cart": cart,
        "line_url": _line_url(chosen, menu),
        "menu": menu,
        "chosen": chosen,
        "menu_filter": chosen.html(menu.found),
        "allotment": shop.allotment_of(orderer.patient, cart, terms),
        "refusal": orderer.refusal,
        "form": form or chosen,
        "zip_form": zip_form or ZipForm(),
        "notice": notice,
    }
    if zip_form and zip_form.is_bound and zip_form.is_valid():
        context["zip_is_served"] = rules.zip_is_served(zip_form.cleaned_data["zip"], terms.policy)
    return render(request, "delivery/_shop.html" if request.htmx else "delivery/product_list.html", context)


def _line_url(chosen, menu):
    """Where a line is sent: the filters go along, so that the same part of the menu comes back."""
    query = {**chosen.chosen, **({"page": menu.page.number} if menu.page.number > 1 else {})}
    return reverse("delivery:cart-line") + (f"?{urlencode(query)}" if query else "")


def _lay_out_forms(shelves, cart, posted):
    """Each product and each line of the cart gets its form; the one that was just sent keeps what was typed in it."""
    sent = posted.data.get("product") if isinstance(posted, LineForm) else None
    in_cart = {line.product.sku for line in cart.lines}
    for line in cart.lines:
        line.form = _form_for(line.product.sku, sent, posted, line.quantity)
    for _label, products in shelves:
        for product in products:
            if product.sku not in in_cart:
                product.form = _form_for(product.sku, sent, posted, 1)


def _form_for(sku, sent, posted, quantity):
    return posted if sku == sent else LineForm.of(sku, initial={"quantity": quantity})


@require_POST
def phone_end(request):
    """The call is over: the account orders for nobody any more."""
    phone.end(request)
    return redirect("admin:delivery_order_changelist" if request.user.is_staff else "delivery:home")


@require_POST
@orderer_required
def choose_patient(request):
    """A caregiver of several patients chooses whom the next order is for."""
    if not request.POST.get("patient"):
        raise Http404
    request.session[CHOSEN] = request.orderer.patient.number
    return redirect("delivery:product-list")
