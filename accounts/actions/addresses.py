"""The main address of an account changes once both addresses confirm it.

The new address confirms by allauth's link, the present one by ours.
"""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import rules
from accounts.models import User
from audit.actions import audited, record
from notifications.actions import queue


@audited("user.ask_main_address", subject="address")
def ask_main_address(*, address: EmailAddress, by: User) -> None:
    """Queue a message to the present main address, with a link that confirms the change. Raises AddressError."""
    rules.check_may_be_main(address)
    present = EmailAddress.objects.get(user=by, primary=True)
    token = rules.main_address_token(present=present, wanted=address)
    queue(
        kind="main_address",
        recipient=present.email,
        context={"user": by.pk},
        secret=settings.SITE_URL + reverse("accounts:main-address-link", args=[token]),
        dedupe_key=f"main_address:{present.pk}:{address.pk}:{timezone.now():%Y%m%d%H%M}",
        language=rules.language_of(present.email),
        priority=1,
        by=by,
    )
    record(by=by, subject=by)
