"""A menu, a cart and a booking in plain Django: the same rows and forms as the portal's, without its rules."""

from datetime import date, timedelta
from uuid import UUID

from django import forms
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from audit.models import Event
from certification.models import Patient
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine, Product, StockMovement
from notifications.models import Notification
from ui.text import readable_number


def alive(request):
    return HttpResponse("ok")


def plain(request):
    return render(request, "plain.html", {"user": request.user})


def menu(request):
    context = {
        "patient": Patient.objects.get(user=request.user),
        "lines": lines_of(request),
        "products": Product.objects.filter(is_active=True)[:15],
        "windows": open_windows(),
    }
    return render(request, "menu.html", context)


def cart(request):
    lines = list(lines_of(request))
    total = sum(line.quantity * line.unit_price_cents for line in lines)
    context = {"patient": Patient.objects.get(user=request.user), "lines": lines, "total": total}
    return render(request, "cart.html", context)


def lines_of(request):
    return OrderLine.objects.filter(order__status="cart", order__placed_by=request.user).select_related("product")


def open_windows():
    today = timezone.localdate()
    return DeliveryWindow.objects.filter(date__gte=today, date__lt=today + timedelta(weeks=8))


class CheckoutForm(forms.Form):
    """The fields of the portal's checkout."""

    window = forms.ChoiceField(widget=forms.RadioSelect, label="When we come")
    street = forms.CharField(max_length=100, label="Street address", help_text="No PO boxes.")
    unit = forms.CharField(max_length=30, label="Apartment or unit", required=False)
    city = forms.CharField(max_length=60, label="Town or city")
    zip_code = forms.CharField(max_length=10, label="ZIP code", help_text="In Connecticut.")
    phone = forms.CharField(max_length=30, label="Phone for the driver")
    is_residence = forms.BooleanField(label="This is a home")
    payment_method = forms.ChoiceField(
        choices=[("cash", "Cash"), ("debit", "Debit card")], widget=forms.RadioSelect, label="How you pay at the door"
    )
    seen_cents = forms.IntegerField(widget=forms.HiddenInput)
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args):
        super().__init__(*args)
        self.fields["window"].choices = lambda: [(window.code, words_of(window)) for window in open_windows()]


def words_of(window):
    return f"{window.date} {window.starts} to {window.ends}: {window.capacity - window.booked} places left"


class Refused(Exception):
    """A booking is refused: the form is shown again with this sentence."""


def book(request):
    try:
        window = chosen_window(request)
        with transaction.atomic():
            order = placed_order(request, window)
    except Refused as refusal:
        record(request, "order.place", None, "refused")
        form = CheckoutForm(request.POST)
        form.add_error(None, str(refusal))
        return render(request, "checkout.html", {"form": form, "lines": lines_of(request)})
    return HttpResponseRedirect(f"/orders/{order.number}/", status=303)


def chosen_window(request):
    day, starts = request.POST["window"][:10], request.POST["window"][11:]
    window = DeliveryWindow.objects.get(date=date.fromisoformat(day), starts=f"{starts[:2]}:{starts[2:]}")
    if window.booked >= window.capacity:
        raise Refused("This window is full.")
    return window


def placed_order(request, window):
    """Place the order of the cart and return it."""
    patient = Patient.objects.select_for_update(no_key=True).get(user=request.user)
    order = Order.objects.get(patient=patient, placed_by=request.user, status="cart")
    lines = list(order.lines.select_related("product"))
    if any(line.quantity > line.product.stock for line in lines):
        raise Refused("Something is sold out.")
    DeliveryWindow.objects.filter(pk=window.pk).update(booked=F("booked") + 1)
    for name in ("street", "unit", "city", "zip_code", "payment_method"):
        setattr(order, name, request.POST.get(name, ""))
    order.phone, order.is_residence = "+12035550142", True
    order.subtotal_cents = sum(line.quantity * line.unit_price_cents for line in lines)
    order.amount_mg = sum(line.quantity * line.amount_mg for line in lines)
    order.window, order.certification = window, patient.certifications.defer("condition_codes", "directions").get()
    if order.amount_mg > order.certification.monthly_allotment_oz * 28_350:
        raise Refused("This is more than the allotment.")
    order.policy, order.number = DeliveryPolicy.objects.all()[0], readable_number("D")
    order.status, order.placed_at = "placed", timezone.now()
    order.idempotency_key = UUID(request.POST["idempotency_key"])
    order.save()
    for line in lines:
        Product.objects.filter(pk=line.product_id).update(stock=F("stock") - line.quantity)
    StockMovement.objects.bulk_create(
        StockMovement(
            product_id=line.product_id, kind="reserved", quantity=-line.quantity, order=order, by=request.user
        )
        for line in lines
    )
    record(request, "order.place", order.pk, "done")
    Notification.objects.create(
        kind="order_placed",
        recipient=request.user.email,
        dedupe_key=f"order_placed:{order.pk}",
        context={"order": order.pk},
        due_at=timezone.now(),
    )
    return order


def record(request, action, subject_id, outcome):
    Event.objects.create(
        actor_id=request.user.pk,
        role="member",
        action=action,
        subject_type="delivery.order",
        subject_id=subject_id,
        outcome=outcome,
        address=request.META["REMOTE_ADDR"],
    )


urlpatterns = [
    path("livez", alive),
    path("plain/", plain),
    path("delivery/", menu),
    path("delivery/cart/", cart),
    path("delivery/checkout/", book),
]
