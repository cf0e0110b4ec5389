"""The addresses of the pages of a draft or a certification, for the person who looks at it."""

from django.urls import reverse

from accounts.models import User
from certification.models import Certification, Draft

Row = Certification | Draft


def step_url(row: Row, step: str) -> str:
    """Return the address of a page of a draft or a certification."""
    return reverse(f"certification:certification-{step}", args=[row.uuid])


def page_row(draft: Draft) -> Row:
    """Return the row with the uuid that the addresses of a draft use: for a renewal, the certification it renews."""
    return draft.renews or draft


def renewed(draft: Draft) -> Certification:
    """Return the certification that the draft of a renewal renews."""
    assert draft.renews is not None
    return draft.renews


def sign_url(draft: Draft) -> str:
    """Return the address on which the physician makes the statement and signs what the office prepared."""
    return step_url(page_row(draft), "renew" if draft.renews else "sign")


def is_signer(user: User, row: Row) -> bool:
    """Return whether the account is that of the physician who signs, or has signed."""
    return row.physician is not None and row.physician.user_id == user.pk
