"""The sentence of each event, after "who"."""

from functools import cache
from typing import Any

from django.apps import apps

SENTENCES = {
    # Accounts
    "user.create": "made an account",
    "user.save_staff": "changed the first name and groups of an account of staff",
    "user.sign_up": "signed up",
    "user.sign_in": "signed in",
    "user.sign_out": "signed out",
    "user.second_factor": "gave a second factor",
    "user.second_factor_add": "added a second factor",
    "user.second_factor_remove": "removed a second factor",
    "user.second_factor_reset": "made new recovery codes",
    "user.recovery_codes_keep": "kept the recovery codes",
    "user.password_change": "changed the password",
    "user.email_add": "added an e-mail address",
    "user.email_confirm": "confirmed an e-mail address",
    "user.email_change": "changed the main e-mail address",
    "user.email_remove": "removed an e-mail address",
    "user.ask_main_address": "asked for another main e-mail address",
    "user.sign_on_connect": "connected the state’s sign-on",
    "user.sign_on_disconnect": "disconnected the state’s sign-on",
    "mfa.reset_ask": "asked for a reset of second factors",
    "mfa.reset_cancel": "cancelled a reset of second factors",
    "mfa.reset_confirm": "confirmed a reset of second factors",
    "mfa.reset_due": "carried out due resets of second factors",
    "mfa.reset": "reset the second factors",
    "lockout.lift": "lifted a lockout",
    # The whole portal
    "fields.reencrypt": "sealed encrypted values with the newest key",
    "backup.make": "made a backup",
    "backup.restore": "restored a backup",
    "records.export": "wrote records into an archive",
    # Physicians and their offices
    "physician.add": "added a physician",
    "physician.import": "updated a physician from a roster",
    "physician.take_over": "updated a physician from an application",
    "physician.identify": "identified as a physician",
    "physician.leave": "recorded that a physician leaves practice",
    "physician.suspend": "suspended a physician",
    "physician.reinstate": "reinstated a physician",
    "binding.disown": "said that the account is not theirs",
    "application.send": "applied as a physician",
    "application.call_back": "called back about an application",
    "application.verify": "verified an application",
    "application.refuse": "refused an application",
    "proof.enter": "entered what was looked up",
    "proof.verify": "verified a proof",
    "proof.refuse": "refused a proof",
    "registration.check": "checked a registration",
    "registration.recheck": "looked for registrations that ended",
    "registration.report": "reported a renewed registration",
    "registration.state_access": "stated access to the monitoring program",
    "delegate.name": "named a delegate",
    "delegate.activate": "began as a delegate",
    "delegate.end": "ended a delegate",
    "roster.upload": "uploaded a roster",
    "roster.dry_run": "tried a roster without changes",
    "roster.import": "imported a roster",
    "roster.import_for_real": "imported a roster after a dry run",
    "roster.cut_off": "gave up an import that was cut off",
    "rosterimport.download": "downloaded the problems of a roster",
    # Certifications
    "certification.start": "started a certification",
    "certification.save_step": "saved a step of a certification",
    "certification.save_profile": "saved the profile of a draft",
    "certification.save_condition": "saved the condition of a draft",
    "certification.save_caregiver": "saved the caregiver of a draft",
    "certification.save_statement": "saved the statement of a draft",
    "certification.save_letter": "saved a letter",
    "certification.save_renewal_letter": "saved a letter of a renewal",
    "certification.prepare_renewal": "prepared a renewal",
    "certification.hand_over": "handed a draft to the physician",
    "certification.review": "reviewed a certification",
    "certification.review_renewal": "reviewed a renewal",
    "certification.reviewed": "opened what is reviewed and to be signed",
    "certification.sign_reviewed": "signed what was reviewed",
    "certification.certify": "certified a patient",
    "certification.renew": "renewed a certification",
    "certification.take_over": "agreed to take over a patient",
    "certification.tell_apart": "said that two patients are not the same",
    "certification.amend_allotment": "amended the monthly allotment",
    "certification.amend_contact": "amended how the patient is reached",
    "certification.amend_identity": "amended who the patient is",
    "certification.withdraw": "withdrew a certification",
    "certification.revoke": "revoked a certification",
    "certification.reinstate": "reinstated a certification",
    "certification.discard": "discarded a draft",
    "certification.discard_old": "discarded drafts that nobody touched",
    "certification.tell_of_leaving": "told a patient that the physician leaves",
    "certification.list": "opened the list of patients",
    "certification.due": "opened the list of what is due",
    "certification.export": "downloaded the list of patients",
    "certification.view": "looked at a certification",
    "certificate.view": "looked at a certificate",
    "letter.view": "looked at a letter",
    "takeover.agree": "agreed that another physician takes over",
    "takeover.done": "took over a patient",
    "allotmentlimit.set": "set the limit of the allotment",
    "allotmentlimit.drop": "dropped a limit of the allotment",
    # Patients and caregivers
    "patient.view": "looked at a patient’s record",
    "patient.close": "closed a patient’s record",
    "patient.reopen": "opened a patient’s record again",
    "person.affirm": "affirmed the statement",
    "person.change_phone": "changed the phone number",
    "person.choose_language": "chose the language",
    "person.choose_texts": "chose whether to get texts",
    "person.follow_email": "took over the new e-mail address",
    "caregiver.assign": "assigned a caregiver",
    "caregiver.end": "ended a caregiver",
    "invitation.send": "sent an invitation",
    "invitation.print_code": "printed an invitation",
    "invitation.accept": "accepted an invitation",
    "invitation.accept_code": "accepted an invitation by its code",
    "card.issue": "issued a card",
    "card.revoke": "revoked a card",
    "card.view": "looked at a card",
    "card.check": "checked a card by its code",
    "request.ask": "asked the physician’s office",
    "request.view": "looked at a request",
    "request.answer": "answered a request",
    "request.confirm_address": "confirmed a reported address",
    "request.refuse": "refused a report",
    # Delivery
    "call.answer": "answered a call to order by phone",
    "cart.set_line": "changed a cart",
    "order.list": "opened the list of orders",
    "order.view": "looked at an order",
    "order.place": "placed an order",
    "order.reorder": "ordered the same again",
    "order.confirm": "confirmed an order",
    "order.pack": "packed an order",
    "order.change": "entered what is short in an order",
    "order.answer": "entered the answer about what is short",
    "order.drop_unanswered": "left out what nobody answered about",
    "order.unpack": "unpacked an order",
    "orders.confirm": "confirmed several orders",
    "order.move": "moved an order",
    "order.decline": "said that an order cannot be taken",
    "order.cancel": "cancelled an order",
    "order.cancelled": "cancelled an order",
    "order.refuse": "refused an order",
    "order.refused": "refused an order",
    "order.lapsed": "let an order lapse",
    "orders.lapse": "let orders lapse that nobody confirmed",
    "order.change_lot": "took an order from another lot",
    "order.undo_of_caregiver": "cancelled the orders of a caregiver who ended",
    "order.undo_uncovered": "cancelled orders that no certification covers",
    "run.make": "made a run",
    "run.assign": "put orders into a run, or took them out",
    "run.save": "changed a run",
    "run.plan": "had the stops of a run put in order",
    "order.join_run": "put an order into a run",
    "order.leave_run": "took an order out of its run",
    "order.dispatch": "let an order leave with its driver",
    "run.keep": "kept the sheet of a run on a phone",
    "run.late": "told the people of a run that the driver is late",
    "run.leave": "let the orders of a run leave with the driver",
    "run.settle": "settled a run",
    "order.hand_over": "handed an order over",
    "order.try_later": "found nobody home with an order",
    "order.return": "brought an order back",
    "order.take_in": "took in an order that came back",
    "order.compare_id": "compared a photo ID with our record",
    "order.decide_id": "decided on a photo ID that differs",
    "order.take_in_refused": "took in what was refused of an order",
    "hand_over.cut_id_numbers": "cut the number of a photo ID to four characters",
    "waiting.join": "began to wait for a place",
    "waiting.leave": "stopped waiting for a place",
    "waiting.notify": "wrote to those who wait for a place",
    "allotment.record": "recorded an amount from elsewhere",
    "allotment.view": "looked at the monthly allotment",
    "window.add": "added a delivery window",
    "window.capacity": "changed the places of a window",
    "windows.make": "made the windows of the next weeks",
    "date.close": "closed a day",
    "date.open": "opened a closed day again",
    "closure.calls": "printed whom to call about a closed day",
    "policy.set": "set terms of delivery",
    "policy.drop": "dropped terms of delivery",
    "product.add": "added a product",
    "product.save": "saved a product",
    "product.photo": "changed the photo of a product",
    "product.drop_photo": "removed the photo of a product",
    "stock.receive": "received stock",
    "stock.receive_file": "received a delivery note",
    "stock.received": "received stock",
    "stock.count": "counted stock",
    "stock.counted": "counted stock",
    "stock.write_off": "wrote stock off",
    "stock.written_off": "wrote stock off",
    "stock.quarantine": "put stock into quarantine",
    "stock.quarantined": "put stock into quarantine",
    "stock.clear": "cleared stock from quarantine",
    "stock.cleared": "cleared stock from quarantine",
    "lot.view": "looked at who got a lot",
    "counts.report": "told that the counts do not add up",
    # The portal itself
    "message.receive": "sent a message by the contact form",
    "message.answer": "answered a message",
    "message.note": "added a note to a message",
    "message.take": "took a message",
    "message.give_back": "gave a message back",
    "notification.call": "recorded a phone call",
    "notification.letter": "had a letter sent in place of a call",
    "letters.batch": "put letters together to print",
    "letters.print": "printed letters",
    "letters.post": "posted letters",
    "texts.agree": "agreed to texts, or recorded that somebody did",
    "texts.end": "ended the texts to a number",
    "texts.receive": "texted to us",
    "texts.read": "read a text that somebody sent",
    "notification.resend": "had a failed message sent again",
    "notification.cancel": "cancelled a message that waited",
    "bounce.clear": "let mail go again to an address from which it had come back",
    "reference.conditions": "brought the conditions up to date",
    "reference.groups": "brought the staff groups up to date",
    "reference.policies": "brought the terms of delivery up to date",
    "seal.mail": "mailed the newest seal to the Auditors",
    "event.list": "opened the audit trail",
    "event.view": "looked at an event of the audit trail",
    "event.export": "downloaded the audit trail",
}

# What a person sees of somebody, beside the pages of the admin that end in ".view".
_VIEWS = {"card.check", "call.answer", "order.list"}


def sentence(action: str) -> str:
    """Return the sentence of an event, or its name when it has none."""
    return SENTENCES.get(action) or _of_admin(action) or action.replace(".", ": ").replace("_", " ")


def has_words(action: str) -> bool:
    return action in SENTENCES or bool(_of_admin(action))


def is_view(action: str) -> bool:
    return action in _VIEWS or action.endswith(".view")


@cache
def view_events() -> frozenset[str]:
    """Return the names of all events that say that somebody saw something."""
    pages = {f"{model._meta.model_name}.view" for model in apps.get_models()}
    return frozenset({action for action in SENTENCES if is_view(action)} | pages)


def _of_admin(action: str) -> str:
    """Return the sentence of a list or page of the admin, whose event is named by its model, or ""."""
    name, _dot, what = action.partition(".")
    meta = _metas().get(name)
    if meta is None:
        return ""
    return {
        "list": f"opened the list: {meta.verbose_name_plural}",
        "export": f"downloaded the list: {meta.verbose_name_plural}",
        "view": f"looked at: {meta.verbose_name}",
    }.get(what, "")


@cache
def _metas() -> dict[str | None, Any]:
    return {model._meta.model_name: model._meta for model in apps.get_models()}
