"""The public actions of certification. What several of them write is in `certification/writes/`."""

from certification.actions.amending import (
    amend_allotment,
    amend_condition,
    amend_contact,
    amend_identity,
    confirm_address,
)
from certification.actions.cards import card_of, issue_card, revoke_card
from certification.actions.caregivers import assign_caregiver, end_caregiver
from certification.actions.closing import close_patient, reopen_patient
from certification.actions.drafts import (
    discard_draft,
    discard_old_drafts,
    hand_over_drafts,
    prepare_renewal,
    review_draft,
    save_letter,
    save_letters,
    save_patient,
    save_step,
    start_draft,
    tell_apart,
)
from certification.actions.ending import reinstate_certification, revoke_certification, withdraw_certification
from certification.actions.joining import (
    CODE_LENGTH,
    accept_code,
    accept_invitation,
    accept_with_new_account,
    affirm,
    invite,
    print_code,
)
from certification.actions.office_weeks import queue_office_weeks
from certification.actions.own import change_phone, choose_language, choose_texts, follow_email
from certification.actions.reference import drop_allotment_limit, set_allotment_limit, sync_conditions
from certification.actions.reminders import queue_renewal_reminders, tell_patients_of_leaving
from certification.actions.requests import answer_request, ask_office, refuse_request
from certification.actions.signing import sign_draft, sign_reviewed, take_over_patient
from certification.actions.take_over import agree_take_over

__all__ = [
    "change_phone",
    "choose_language",
    "choose_texts",
    "follow_email",
    "confirm_address",
    "refuse_request",
    "close_patient",
    "reopen_patient",
    "amend_allotment",
    "amend_condition",
    "amend_contact",
    "amend_identity",
    "CODE_LENGTH",
    "accept_code",
    "agree_take_over",
    "discard_old_drafts",
    "take_over_patient",
    "tell_apart",
    "accept_invitation",
    "accept_with_new_account",
    "affirm",
    "answer_request",
    "ask_office",
    "card_of",
    "assign_caregiver",
    "discard_draft",
    "hand_over_drafts",
    "drop_allotment_limit",
    "end_caregiver",
    "invite",
    "issue_card",
    "prepare_renewal",
    "print_code",
    "queue_office_weeks",
    "queue_renewal_reminders",
    "reinstate_certification",
    "review_draft",
    "sign_draft",
    "sign_reviewed",
    "revoke_certification",
    "revoke_card",
    "save_letter",
    "save_letters",
    "save_patient",
    "save_step",
    "set_allotment_limit",
    "start_draft",
    "sync_conditions",
    "tell_patients_of_leaving",
    "withdraw_certification",
]
