"""The cart that somebody keeps for a patient."""

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification.models import Patient
from delivery import rules
from delivery.models import Order, OrderLine, Product


@audited("cart.set_line")
def set_line(*, patient: Patient, product: Product, quantity: int, by: User) -> Order:
    """Put `quantity` of a product (0 takes it out) into the cart that `by` keeps for the patient; returns the cart."""
    today = timezone.localdate()
    rules.check_quantity(quantity)
    rules.check_orderer(patient, user=by, today=today)
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    cart, _created = Order.objects.get_or_create(patient=patient, placed_by=by, status=Order.Status.CART)
    if quantity == 0:
        rules.check_is_in_cart(cart, product)
        cart.lines.filter(product=product).delete()
    else:
        rules.check_product_fits_patient(product, patient, day=today)
        rules.check_stock(product, quantity)
        OrderLine.objects.update_or_create(
            order=cart,
            product=product,
            defaults={
                "quantity": quantity,
                "unit_price_cents": product.price_cents,
                "amount_mg": product.amount_mg,
            },
        )
    record(action="cart.set_line", by=by, subject=cart)
    return cart
