"""The people and things that a rehearsal needs, made by the portal's own actions."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.models import Physician
from delivery.models import DeliveryWindow, Product
from tests import crowd, factories
from tests.delivery import people

ORDERERS = 4
PLACES = 1000  # enough for all, because the rehearsal does not test full windows


@dataclass
class World:
    products: list[Product]  # one for each orderer
    windows: list[DeliveryWindow]
    physician: Physician  # on the roster, without an account yet
    pharmacist: str  # e-mail address of an account without a second factor yet
    session_keys: list[str]  # of the orderers


def build() -> World:
    """Make products, windows with room, a physician on the roster, a pharmacist, and signed-in patients."""
    people.policy(timezone.localdate(), capacity=PLACES)
    # Not Rosa Delgado, whom the journeys certify: nobody can be certified twice.
    model = factories.patient(first_name="Marta", last_name="Ruiz")
    signed_date = timezone.localdate() - timedelta(days=345)  # 20 days are left, so a reminder is due
    due_for_a_reminder = factories.profile(first_name="Samuel", last_name="Ortiz")
    factories.certification(on=signed_date, profile=due_for_a_reminder)
    patients = crowd.like(model, ORDERERS)
    factories.product(name="Harbor Mist Tincture", stock=10_000)  # which the journey orders
    return World(
        products=[factories.product(name=f"Harbor Mist Tincture {number}", stock=10_000) for number in range(ORDERERS)],
        windows=list(DeliveryWindow.objects.filter(date=factories.window().date)),
        physician=factories.physician(first_name="Amara", last_name="Osei"),
        pharmacist=factories.staff("Pharmacist").email,
        session_keys=crowd.sign_in([patient.user for patient in patients]),
    )
