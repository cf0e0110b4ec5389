"""In which language a person reads mail."""

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation.trans_real import get_supported_language_variant

from accounts.models import User


def language_of(address: str) -> str:
    """Return the language that the account of this address has chosen for good, or else the language of the page.

    This is one query whether the address has an account or not, so that both answers take the same time.
    """
    default = settings.LANGUAGES[0][0]
    account = User.objects.filter(email=address).values_list("patient__language", "caregiver__language").first()
    chosen = set(account or ()) - {None, default}
    return chosen.pop() if chosen else get_supported_language_variant(get_language() or default)
