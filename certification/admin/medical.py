"""Which staff may read conditions, and the words of patients and physicians."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import User

# Nobody else, and also not whoever holds every permission.
MEDICAL_GROUPS = ("Pharmacist", "Registrar")


def sees_medical_words(user: User | AnonymousUser) -> bool:
    """Return whether the account works with conditions, directions, letters and notes of patients and physicians."""
    return user.groups.filter(name__in=MEDICAL_GROUPS).exists()
