"""The main address of an account changes once both confirm it: the new one by allauth's link, the present by ours."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from accounts import rules
from accounts.models import User
from audit.actions import audited, record
from notifications.actions import queue

SALT = "main address"
VALID = timedelta(days=3)


@audited("user.ask_main_address")
def ask_main_address(*, address: EmailAddress, by: User) -> None:
    """Mail a link to the present main address, where the change is confirmed. Raises AddressError."""
    rules.check_may_be_main(address)
    present = EmailAddress.objects.get(user=by, primary=True)
    token = signing.dumps([present.pk, address.pk], salt=SALT)
    queue(
        kind="main_address",
        recipient=present.email,
        context={"user": by.pk},
        secret=settings.SITE_URL + reverse("accounts:main-address-link", args=[token]),
        dedupe_key=f"main_address:{present.pk}:{address.pk}:{timezone.now():%Y%m%d%H%M}",
        priority=1,
        by=by,
    )
    record(by=by, subject=by)


def addresses_in(token: str) -> list[int] | None:
    """The present main address and the wanted one, by id; None for a text that we did not sign, or that is too old."""
    try:
        return signing.loads(token, salt=SALT, max_age=VALID)
    except signing.BadSignature:
        return None


def asked_for(token: str, *, by: User) -> EmailAddress | None:
    """The address that a link of `by` makes the main one; None for a link that is too old, used, or somebody else's."""
    present, wanted = addresses_in(token) or (None, None)
    if not EmailAddress.objects.filter(user=by, pk=present, primary=True).exists():
        return None
    return EmailAddress.objects.filter(user=by, pk=wanted, verified=True).first()
