"""Every write of accounts, by whom it is about."""

from accounts.actions.account_mails import send_account_mail
from accounts.actions.addresses import ask_main_address
from accounts.actions.applications import (
    apply_as_physician,
    look_up_application,
    refuse_application,
    verify_application,
)
from accounts.actions.bindings import disown_binding
from accounts.actions.delegates import activate_delegations, end_delegate, name_delegate
from accounts.actions.factors import keep_recovery_codes
from accounts.actions.leaving import leave_practice
from accounts.actions.lockouts import lift_lockout
from accounts.actions.physician_status import reinstate_physician, suspend_physician
from accounts.actions.physicians import add_physician, identify_physician, set_registration
from accounts.actions.proofs import (
    enter_proof,
    refuse_proof,
    report_renewed_registration,
    state_monitoring_access,
    verify_proof,
)
from accounts.actions.recheck import recheck_registrations
from accounts.actions.registrars import notify_registrars
from accounts.actions.resets import ask_mfa_reset, cancel_mfa_reset, confirm_mfa_reset, reset_due_mfa
from accounts.actions.roster_uploads import import_for_real, import_uploaded_rosters, upload_roster
from accounts.actions.rosters import import_roster
from accounts.actions.seals import mail_newest_seal
from accounts.actions.staff import create_user, purge_ended, save_staff, sync_staff_groups

__all__ = [
    "activate_delegations",
    "add_physician",
    "apply_as_physician",
    "ask_main_address",
    "ask_mfa_reset",
    "cancel_mfa_reset",
    "confirm_mfa_reset",
    "create_user",
    "disown_binding",
    "end_delegate",
    "enter_proof",
    "identify_physician",
    "import_for_real",
    "import_roster",
    "import_uploaded_rosters",
    "keep_recovery_codes",
    "leave_practice",
    "lift_lockout",
    "look_up_application",
    "mail_newest_seal",
    "name_delegate",
    "purge_ended",
    "recheck_registrations",
    "refuse_application",
    "refuse_proof",
    "reinstate_physician",
    "report_renewed_registration",
    "reset_due_mfa",
    "save_staff",
    "send_account_mail",
    "set_registration",
    "state_monitoring_access",
    "suspend_physician",
    "sync_staff_groups",
    "notify_registrars",
    "upload_roster",
    "verify_application",
    "verify_proof",
]
