"""The favorites of a patient."""

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification.models import CaregiverAssignment, Patient
from delivery import rules
from delivery.models import Favorite, Product


@audited("favorite.set", subject="patient")
def set_favorite(
    *, patient: Patient, product: Product, is_favorite: bool, by: User, assignment: CaregiverAssignment | None = None
) -> None:
    """Put a product among the patient's favorites, or take it out. The same call again changes nothing.

    `by` is somebody who orders for the patient, and `assignment` the patient's open one where it has been read already.
    Raises OrdererError or ProductError.
    """
    today = timezone.localdate()
    rules.check_orderer(patient, user=by, today=today, assignment=assignment)
    if is_favorite:
        rules.check_product_fits_patient(product, patient, day=today)
        Favorite.objects.get_or_create(patient=patient, product=product)
    else:
        Favorite.objects.filter(patient=patient, product=product).delete()
    record(by=by, subject=patient)
