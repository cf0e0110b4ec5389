"""Bind an account to a physician. Each function runs inside the caller's transaction."""

import secrets

from django.conf import settings

from accounts.models import AccountBinding, Physician, User
from notifications.actions import queue
from ui.text import token_digest


def bind_account(*, physician: Physician, user: User, by: User | None) -> AccountBinding:
    """Bind `user` to `physician`, whose row the caller has locked, and return the binding.

    The physician's address on the roster gets a message with a link: this was not me.
    """
    physician.user = user
    physician.save(update_fields=["user"])
    token = secrets.token_urlsafe(24)
    binding = AccountBinding.objects.create(physician=physician, user=user, token_digest=token_digest(token))
    queue(
        kind="physician_bound",
        recipient=physician.email,
        context={"physician": physician.pk},
        secret=f"{settings.SITE_URL}/accounts/not-me/{token}/",
        dedupe_key=f"physician_bound:{binding.pk}",
        priority=1,
        by=by,
    )
    return binding
