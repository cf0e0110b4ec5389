"""The page on which the orderer reports a wrong item of a delivered order."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delivery import actions
from delivery.forms import ReportForm
from delivery.models import Order
from delivery.orderers import OrdererRequest
from delivery.views.orders import context_of, order_required, page_of
from ui.errors import PortalError, add_to_form


@order_required
@require_http_methods(["GET", "HEAD", "POST"])
def order_report(request: OrdererRequest, order: Order) -> HttpResponse:
    """Ask what is wrong with which product, and pass it on to the staff."""
    page = page_of(request, order)
    form = ReportForm(request.POST if request.method == "POST" else None, order=order)
    if request.method != "POST" and page.report_refusal:
        messages.warning(request, page.report_refusal)
        return redirect("delivery:order-detail", order.number)
    if form.is_valid():
        try:
            actions.report_item(order=order, by=request.user, **form.cleaned_data)
        except PortalError as refusal:
            add_to_form(form, refusal)
        else:
            messages.success(request, _("Thank you for telling us. Our staff look into it and write to you."))
            return redirect("delivery:order-detail", order.number)
    return render(request, "delivery/order_report.html", {**context_of(request, order, page), "form": form})
