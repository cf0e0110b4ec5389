"""A menu and a booking in plain Django: they read and write the same rows as the portal, without its rules."""

from datetime import date, timedelta
from uuid import UUID

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


def menu(request):
    today = timezone.localdate()
    lines = OrderLine.objects.filter(order__status="cart", order__placed_by=request.user).select_related("product")
    context = {
        "patient": Patient.objects.get(user=request.user),
        "lines": lines,
        "products": Product.objects.filter(is_active=True)[:15],
        "windows": DeliveryWindow.objects.filter(date__gte=today, date__lt=today + timedelta(weeks=8)),
    }
    return render(request, "menu.html", context)


class Refused(Exception):
    """A booking is refused; the portal would show the page again with a sentence."""


def book(request):
    day, starts = request.POST["window"][:10], request.POST["window"][11:]
    window = DeliveryWindow.objects.get(date=date.fromisoformat(day), starts=f"{starts[:2]}:{starts[2:]}")
    if window.booked >= window.capacity:
        record(request, "order.place", None, "refused")
        return HttpResponse("This window is full.")
    try:
        with transaction.atomic():
            order = placed_order(request, window)
    except Refused as refusal:
        record(request, "order.place", None, "refused")
        return HttpResponse(str(refusal))
    return HttpResponseRedirect(f"/orders/{order.number}/", status=303)


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


urlpatterns = [path("livez", alive), path("delivery/", menu), path("delivery/checkout/", book)]
