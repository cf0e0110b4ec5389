"""Accounts of staff, the permissions of their groups, and sessions and rate limits that have ended."""

from collections.abc import Collection

from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User
from accounts.rules import check_is_staff
from accounts.sql import purge_rate_limits
from accounts.writes.accounts import make_account
from audit.actions import audited, record
from ui.tidy import tidy


@audited("user.create")
def create_user(
    *,
    email: str,
    password: str | None,
    by: User | None,
    groups: Collection[str] = (),
    is_staff: bool = False,
    is_superuser: bool = False,
    is_active: bool = True,
    first_name: str = "",
) -> User:
    """Make an account with a verified e-mail address, for staff and for the demo, and return it.

    Without a password the person sets one by "Forgot password".
    """
    flags = {"is_staff": is_staff, "is_superuser": is_superuser, "is_active": is_active}
    return make_account(email=email, password=password, groups=groups, first_name=first_name, by=by, **flags)


@audited("user.save_staff")
def save_staff(*, email: str, first_name: str, groups: Collection[str], by: User | None) -> tuple[User, bool]:
    """Make a staff account, or change the first name and the groups of the account with this address.

    Return the account and whether it is new. Without groups the account is no staff any more. Raises StaffError for an
    unknown group, for a first name that is missing or too long, and for text that is no address.
    """
    email, first_name = User.objects.normalize_email(tidy(email)), tidy(first_name)
    check_is_staff(email=email, first_name=first_name, groups=groups, known_groups=STAFF_GROUPS)
    user = User.objects.select_for_update().filter(email=email).first()
    if user is None:
        new = make_account(email=email, password=None, groups=groups, is_staff=True, first_name=first_name, by=by)
        return new, True
    user.first_name, user.is_staff = first_name, bool(groups) or user.is_superuser
    user.save(update_fields=["first_name", "is_staff"])
    user.groups.set(Group.objects.filter(name__in=groups))
    record(by=by, subject=user)
    return user, False


# Letters, and texts with those who agree to them.
MESSAGES_BY_HAND = [
    "notifications.view_letterbatch", "notifications.change_letterbatch",
    "notifications.view_textconsent", "notifications.change_textconsent",
    "notifications.view_textreceived", "notifications.change_textreceived",
]  # fmt: skip

# What comes back from a delivery, refunds and exchanges, and what orderers report.
AFTER_DELIVERY = [
    "delivery.view_returneditem", "delivery.change_returneditem",
    "delivery.view_handovercorrection", "delivery.add_handovercorrection",
    "delivery.view_itemreport", "delivery.change_itemreport",
]  # fmt: skip

PAPER = ["delivery.add_handover", "delivery.print_pack"]

# Lots, and units: where each item that was dispensed is, its labels, and what was destroyed.
UNITS = [
    "delivery.view_lot", "dispensing.view_dispensedunit", "dispensing.view_labelprint", "dispensing.view_destruction",
    "dispensing.view_recall",
]  # fmt: skip
DESTROYS = ["dispensing.add_destruction", "dispensing.change_destruction"]

# Labels, and the full name that they print: the own one, or anybody's.
LABELS = ["dispensing.add_labelprint"]
OWN_NAME = ["dispensing.view_papername", "dispensing.add_papername"]
NAMES = ["dispensing.view_papername", "dispensing.change_papername"]

# The dispensing log and the inspector's pack: who may see them may ask for them.
LOG = ["dispensing.view_paper"]

# Recalls, and whom they reach.
RECALLS = [
    "dispensing.add_recall", "dispensing.change_recall",
    "dispensing.view_recalledperson", "dispensing.change_recalledperson",
]  # fmt: skip

# The monitoring report: managers see it as well, pharmacists answer for it.
SEE_REPORTS = ["dispensing.view_reportfile", "dispensing.view_reportrecord", "dispensing.view_reportanswer"]
REPORTS = [
    *SEE_REPORTS,
    "dispensing.change_reportfile", "dispensing.change_reportrecord",
    "dispensing.add_reportanswer", "dispensing.change_reportanswer",
]  # fmt: skip

# What each staff group may do in the admin: `app.codename`. Fields that a group may not see are kept out by the admin.
STAFF_GROUPS = {
    "Registrar": [
        "accounts.view_physician", "accounts.change_physician", "accounts.view_registration",
        "accounts.view_identificationtry", "accounts.change_identificationtry",
        "accounts.view_physicianapplication", "accounts.change_physicianapplication",
        "accounts.view_proof", "accounts.change_proof",
        "accounts.view_rosterimport", "accounts.add_rosterimport",
        "accounts.view_user", "accounts.view_mfareset", "accounts.add_mfareset", "accounts.change_mfareset",
        "certification.view_certification", "certification.change_certification",
        "certification.view_patient", "certification.change_patient", "certification.view_caregiver",
        "certification.view_allotmentlimit", "certification.add_takeover",
        "certification.view_patientrequest", "certification.change_patientrequest",
        "certification.view_card", "certification.change_card", "certification.print_card", "certification.check_card",
        "notifications.view_notification", "notifications.change_notification",
        "notifications.view_bounce", "notifications.change_bounce",
        *MESSAGES_BY_HAND, "notifications.add_textconsent",
    ],
    "Pharmacist": [
        "delivery.view_order", "delivery.add_order", "delivery.change_order",
        "delivery.pack_order", "delivery.confirm_order",
        "delivery.view_product", "delivery.add_product", "delivery.change_product",
        "delivery.view_deliverywindow", "delivery.view_closure", "delivery.view_waitingentry",
        "delivery.view_stockmovement", "delivery.add_stockmovement", "delivery.view_run", "delivery.view_handover",
        *UNITS, *LOG, *DESTROYS, *RECALLS, *REPORTS, *AFTER_DELIVERY, *PAPER, *LABELS, *OWN_NAME,
        "dispensing.change_linedirections", "dispensing.view_selfassessment", "delivery.view_allotmententry",
        "delivery.add_allotmententry", "certification.view_certification", "certification.view_patient",
        "certification.view_card", "certification.change_card", "certification.print_card", "certification.check_card",
        "notifications.view_notification", "notifications.change_notification",
        "notifications.view_bounce", "notifications.change_bounce",
        *MESSAGES_BY_HAND, "notifications.add_textconsent",
    ],
    "Technician": [
        "delivery.view_order", "delivery.add_order", "delivery.change_order",
        "delivery.pack_order", "delivery.view_product", "delivery.view_run", "delivery.view_returneditem",
        "delivery.view_deliverywindow", "delivery.view_closure", "delivery.view_waitingentry",
        "delivery.view_stockmovement", "delivery.add_stockmovement", *UNITS, *LABELS,
    ],
    # Drivers see their own open runs, and nothing of the admin; a scanned card tells them whose it is.
    "Driver": ["delivery.drive_run", "certification.check_card"],
    "Manager": [
        "delivery.view_order", "delivery.add_order", "delivery.change_order",
        "delivery.view_product", "delivery.add_product", "delivery.change_product",
        "delivery.view_deliverywindow", "delivery.add_deliverywindow", "delivery.change_deliverywindow",
        "delivery.view_deliverypolicy", "delivery.add_deliverypolicy",
        "delivery.view_closure", "delivery.view_waitingentry", "delivery.add_closure",
        "delivery.view_stockmovement", "delivery.add_stockmovement", "delivery.view_allotmententry",
        "delivery.view_run", "delivery.add_run", "delivery.change_run", "delivery.view_handover", *AFTER_DELIVERY,
        *PAPER, *UNITS, *LOG, *DESTROYS, *NAMES, *RECALLS, *SEE_REPORTS,
        "pages.view_contactmessage", "pages.change_contactmessage",
        "notifications.view_notification", "notifications.change_notification",
        "notifications.view_bounce", "notifications.change_bounce", "accounts.view_user", *MESSAGES_BY_HAND,
        "accounts.view_physicianapplication", "accounts.change_physicianapplication",
        "accounts.view_proof", "accounts.change_proof",
        "accounts.view_mfareset", "accounts.add_mfareset", "accounts.change_mfareset",
        "certification.view_allotmentlimit", "certification.add_allotmentlimit",
    ],
    "Auditor": [
        "audit.view_event", "accounts.view_physician", "accounts.view_registration", "accounts.view_user",
        "accounts.view_identificationtry", "accounts.view_physicianapplication", "accounts.view_proof",
        "accounts.view_rosterimport", "accounts.view_mfareset",
        "certification.view_certification", "certification.view_patient", "certification.view_caregiver",
        "certification.view_allotmentlimit", "certification.view_patientrequest",
        "certification.view_card", "certification.view_condition", "certification.view_invitation",
        "delivery.view_order", "delivery.view_product", "delivery.view_deliverywindow",
        "delivery.view_closure", "delivery.view_waitingentry",
        "delivery.view_deliverypolicy",
        "delivery.view_stockmovement", "delivery.view_allotmententry", "delivery.view_run", "delivery.view_handover",
        "delivery.view_returneditem", "delivery.view_handovercorrection", "delivery.view_itemreport", *UNITS, *LOG,
        "dispensing.view_papername", "dispensing.view_selfassessment", "dispensing.view_recalledperson",
        *SEE_REPORTS,
        "notifications.view_notification", "notifications.view_bounce", "pages.view_contactmessage",
        "notifications.view_letterbatch", "notifications.view_textconsent", "notifications.view_textreceived",
    ],
}  # fmt: skip


@audited("reference.groups")
def sync_staff_groups(*, by: User | None) -> None:
    """Make the staff groups, and give each exactly its permissions. A second run changes nothing."""
    for name, codes in STAFF_GROUPS.items():
        group, _created = Group.objects.get_or_create(name=name)
        wanted = [tuple(code.split(".")) for code in codes]
        permissions = Permission.objects.filter(
            content_type__app_label__in={app for app, _code in wanted}, codename__in={code for _app, code in wanted}
        ).select_related("content_type")
        group.permissions.set(p for p in permissions if (p.content_type.app_label, p.codename) in wanted)


def purge_ended(*, by: User | None) -> int:
    """Delete sessions and rate limits that have ended; return how many rate limits were deleted."""
    SessionStore.clear_expired()
    return purge_rate_limits()
