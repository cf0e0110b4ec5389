"""Who may have a card."""

from datetime import date

from django.utils.translation import gettext as _

from certification.models import Caregiver, Certification, Patient
from certification.rules.errors import CardError


def check_may_have_card(person: Patient | Caregiver, *, today: date) -> None:
    """The patient, or a patient of the caregiver, has a certification that is valid today; raises CardError."""
    if isinstance(person, Patient):
        patients = [person.pk]
    else:
        patients = list(person.assignments.filter(ended_date__isnull=True).values_list("patient", flat=True))
    if not Certification.objects.valid_on(today).filter(patient__in=patients).exists():
        raise CardError(_("No certification is valid today, so there is no card. Ask the physician for a renewal."))
