"""Physicians of the roster: added, identified, their registrations checked."""

from typing import Any

from allauth.core.internal.ratelimit import truncate_ip
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import IdentificationTry, Physician, Registration, User
from accounts.sql import lock_text
from accounts.writes.bindings import bind_account
from accounts.writes.locks import lock
from accounts.writes.messages import notify_of_lockout, notify_of_second_account
from accounts.writes.registrations import write_registration
from audit.actions import audited, record
from ui.text import search_name
from ui.tidy import tidied


@audited("physician.add")
def add_physician(
    *, ssn_last_four: str, registrations: list[dict[str, Any]], by: User | None, **fields: Any
) -> Physician:
    """Add a physician with registrations (fields of Physician and of Registration, dates as `date`).

    The SSN digits are digested and not stored. Raises DeaNumberError.
    """
    fields = tidied(fields)
    fields["dea_number"], fields["dea_suffix"] = rules.split_dea_number(fields["dea_number"])
    rules.check_dea_number(fields["dea_number"])
    physician = Physician.objects.create(
        **fields,
        search_name=search_name(fields["last_name"], fields["first_name"]),
        ssn_digest=rules.ssn_digest(fields["dea_number"], ssn_last_four),
    )
    now = timezone.now()
    Registration.objects.bulk_create(
        Registration(physician=physician, verified_at=now, verified_by=by, **registration)
        for registration in registrations
    )
    record(by=by, subject=physician)
    return physician


@audited("physician.identify", atomic=False)
def identify_physician(*, dea_number: str, ssn_last_four: str, address: str | None, by: User) -> Physician:
    """Compare DEA number and SSN digits with the roster, and bind the account `by` at the first success.

    `address` is the IP address of the request. A failed try is committed before IdentificationError is raised. The
    answer is the same for an unknown number and for wrong digits. Raises DeaNumberError (nothing is written),
    LockedOut, IdentificationError.
    """
    dea_number = rules.normalize_dea_number(dea_number)
    rules.check_dea_number(dea_number)
    with transaction.atomic():
        physician = _try_to_identify(dea_number, ssn_last_four, address, by)
    if physician is None:
        raise rules.IdentificationError(
            _("The DEA number and the last four digits of the Social Security number do not match our records.")
        )
    return physician


def _try_to_identify(dea_number: str, ssn_last_four: str, address: str | None, by: User) -> Physician | None:
    now = timezone.now()
    digest = rules.dea_digest(dea_number)
    network = truncate_ip(address) if address else None
    lock(by)
    if network:
        lock_text(f"network {network}")
    lock_text(digest)
    physician = Physician.objects.select_for_update(no_key=True, of=("self",)).filter(dea_number=dea_number).first()
    owner_id = physician.user_id if physician else None
    limited: dict[str, Any] = {"user": by, "digest": digest, "owner_id": owner_id, "network": network, "now": now}
    rules.check_not_locked_out(**limited)
    digits_match = rules.ssn_digits_match(dea_number, ssn_last_four, physician.ssn_digest if physician else "")
    has_physician = Physician.objects.filter(
        user=by
    ).exists()  # asked for an unknown number too, so that no answer takes longer
    is_own = physician is not None and _may_be_bound_to(physician, by, has_physician=has_physician)
    succeeded = digits_match and is_own
    made = IdentificationTry.objects.create(
        user=by, dea_digest=digest, address=address, network=network, succeeded=succeeded, at=now
    )
    if not succeeded or physician is None:
        notify_of_lockout(failed=made, by=by, limited=limited)
        if digits_match:
            notify_of_second_account(failed=made, by=by)
        return None
    if physician.user_id is None:
        bind_account(physician=physician, user=by, by=by)
    record(action="physician.identify", by=by, subject=physician)
    return physician


def _may_be_bound_to(physician: Physician, user: User, *, has_physician: bool) -> bool:
    if physician.user_id is not None:
        return physician.user_id == user.pk
    return physician.status == Physician.Status.VERIFIED and not has_physician


@audited("registration.check", subject="physician")
def set_registration(*, physician: Physician, kind: str, by: User | None, **fields: Any) -> Registration:
    """Write what was seen of one registration today (`fields` of Registration), and return the registration."""
    return write_registration(physician=physician, kind=kind, by=by, **fields)
