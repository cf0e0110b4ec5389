"""The addresses of the pages of a draft or a certification, for the person who looks at it."""

from collections.abc import Callable
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from certification.models import Certification, Draft

Row = Certification | Draft


def step_url(row: Row, step: str) -> str:
    """Return the address of a page of a draft or a certification."""
    return reverse(f"certification:certification-{step}", args=[row.uuid])


def step_url_of(step: str) -> Callable[[UUID], str]:
    """Return a function of a uuid that returns what `step_url` does for its row: a list has fifty of them."""
    before, after = reverse(f"certification:certification-{step}", args=[UUID(int=0)]).split(str(UUID(int=0)))
    return lambda uuid: f"{before}{uuid}{after}"


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
