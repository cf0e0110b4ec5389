"""The table that says who may open which address of the portal; tests/test_every_url.py compares every address.

`python -m tests.access --write` prints it to docs/access.md; `--check` compares that file.

An address is about nothing in particular or about a thing: a draft, a signed certification, a patient's request, an
order, a card. `own` lists the roles that may open their own things (a physician and a delegate: the things of their
office), `others` the roles that may open things of somebody else. Every other role is sent to sign in, or gets 404 or
403.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "docs" / "access.md"
STAFF = ("Registrar", "Pharmacist", "Technician", "Driver", "Manager", "Auditor", "Administrator")
OTHERS = ("nobody", "newcomer", "patient", "caregiver", "guardian", "applicant", "physician", "delegate")
ROLES = (*OTHERS, *STAFF)
# Names for groups of roles. A newcomer has only an account. A guardian is the caregiver of a minor.
GROUPS = {
    "everybody": ROLES,
    "signed-in": ROLES[1:],
    "staff": STAFF,
    "members": ("patient", "caregiver", "guardian"),
    "office": ("physician", "delegate"),
    "-": (),
}

# address | about | who opens their own | who opens what is others'
PAGES = """
pages:home                                  |              | everybody
pages:physicians                            |              | everybody
pages:faq                                   |              | everybody
pages:delivery-info                         |              | everybody
pages:quick-reference                       |              | everybody
pages:privacy                               |              | everybody
pages:terms                                 |              | everybody
pages:accessibility                         |              | everybody
pages:language                              |              | everybody
pages:contact                               |              | everybody
pages:contact-done                          |              | everybody
pages:livez                                 |              | everybody
pages:readyz                                |              | everybody
pages:metrics                               |              | staff
text-received                               |              | -
accounts:role                               |              | signed-in
accounts:session                            |              | everybody
accounts:physician                          |              | physician
accounts:physician-identify                 |              | signed-in
accounts:delegate-list                      |              | physician
accounts:physician-apply                    |              | signed-in
accounts:physician-leave                    |              | physician
accounts:physician-monitoring               |              | physician
accounts:physician-renewed                  | registration | physician
accounts:second-way                         |              | signed-in
accounts:codes-kept                         |              | signed-in
accounts:lost-phone                         |              | everybody
accounts:reset-cancel                       |              | everybody
accounts:reset-link                         | token        | everybody
accounts:main-address                       |              | signed-in
accounts:main-address-link                  | token        | everybody
accounts:not-me                             |              | everybody
accounts:not-me-link                        | token        | everybody
account_email                               |              | signed-in
account_login                               |              | everybody
account_logout                              |              | everybody
account_inactive                            |              | everybody
account_signup                              |              | everybody
account_reauthenticate                      |              | signed-in
account_email_verification_sent             |              | everybody
account_change_password                     |              | signed-in
account_set_password                        |              | signed-in
account_reset_password                      |              | everybody
account_confirm_login_code                  |              | signed-in
account_confirm_email                       | token        | everybody
account_reset_password_from_key_done        |              | everybody
account_reset_password_from_key             | reset key    | everybody
account_reset_password_done                 |              | everybody
mfa_reauthenticate_webauthn                 |              | signed-in
mfa_index                                   |              | signed-in
mfa_authenticate                            |              | signed-in
mfa_reauthenticate                          |              | signed-in
mfa_activate_totp                           |              | signed-in
mfa_deactivate_totp                         |              | signed-in
mfa_view_recovery_codes                     |              | signed-in
mfa_generate_recovery_codes                 |              | signed-in
mfa_download_recovery_codes                 |              | signed-in
mfa_list_webauthn                           |              | signed-in
mfa_add_webauthn                            |              | signed-in
mfa_remove_webauthn                         | passkey      | - | -
mfa_edit_webauthn                           | passkey      | - | -
usersessions_list                           |              | signed-in
socialaccount_login_cancelled               |              | -
socialaccount_login_error                   |              | -
socialaccount_signup                        |              | -
socialaccount_connections                   |              | -
openid_connect_login                        | provider     | -
openid_connect_callback                     | provider     | -
certification:start                         |              | applicant office
certification:patient-list                  |              | applicant office
certification:due-list                      |              | applicant office
certification:patient-csv                   |              | physician
certification:several                       |              | applicant office
certification:sign-all                      |              | physician
certification:certification-add             |              | applicant office
certification:certification-profile         | draft        | applicant office | -
certification:certification-condition       | draft        | applicant office | -
certification:certification-caregiver       | draft        | applicant office | -
certification:certification-letters         | draft        | applicant office | -
certification:certification-letter          | letter       | applicant office | -
certification:certification-duplicates      | draft        | applicant office | -
certification:certification-take-over       | draft        | physician | -
certification:certification-sign            | draft        | physician | -
certification:certification-confirmation    | signed       | office | -
certification:certification-invite          | signed       | office | -
certification:certification-assign          | signed       | office | -
certification:certification-end-caregiver   | signed       | office | -
certification:certification-code            | signed       | office | -
certification:certification-ask             | signed       | members | -
certification:certification-move            | signed       | members | -
certification:request-refuse                | asked        | office | -
certification:request-answered              | asked        | office | -
certification:certification-renew           | signed       | office | -
certification:certification-contact         | signed       | office | -
certification:certification-allotment       | signed       | physician | -
certification:certification-amend-condition | signed       | physician | -
certification:certification-identity        | signed       | physician | -
certification:certification-close           | signed       | physician | -
certification:certification-renewal-letters | signed       | office | -
certification:certification-withdraw        | signed       | physician | -
certification:certification-discard         | draft        | applicant office | -
certification:invitation-link               | token        | everybody
certification:invitation                    |              | everybody
certification:own-contact                   |              | members
certification:own-texts                     |              | members
certification:affirmation                   |              | members
certification:certification-card            | signed       | office | Registrar Pharmacist Administrator
certification:certification-card-lost       | signed       | office | Registrar Pharmacist Administrator
certification:certification-card-pdf        | signed       | office | Registrar Pharmacist Administrator
certification:certification-certificate     | signed       | patient guardian office | Registrar Pharmacist Auditor Administrator
certification:certification-certificate-pdf | signed       | patient guardian office | Registrar Pharmacist Auditor Administrator
certification:card                          |              | members
certification:card-pdf                      |              | members
certification:verify                        | card         | members | everybody
delivery:home                               |              | signed-in
delivery:record                             |              | members
delivery:product-list                       |              | members
delivery:product-photo                      | photo        | signed-in
delivery:product-detail                     | product      | members
delivery:product-favorite                   | product      | members
delivery:cart                               |              | members
delivery:cart-line                          |              | members
delivery:phone-end                          |              | signed-in
delivery:patient-choose                         | person       | members | -
delivery:allotment                          |              | members
delivery:allotment-of                       | signed       | office | Pharmacist Manager Auditor Administrator
delivery:checkout                           |              | members
delivery:waiting-leave                      | waiting      | patient | -
delivery:run-list                           |              | Driver Administrator
delivery:run-detail                         | run          | Driver | -
delivery:run-leave                          | run          | Driver | -
delivery:run-late                           | run          | Driver | -
delivery:run-state                          | run          | Driver | -
delivery:run-copy                           | run          | Driver | -
delivery:run-away                           |              | everybody
delivery:run-worker                         |              | everybody
delivery:run-manifest                       |              | everybody
delivery:run-hand-over                      | run order    | Driver | -
delivery:run-attempt                        | run order    | Driver | -
delivery:run-compare-id                     | run order    | Driver | -
delivery:order-list                         |              | members
delivery:order-detail                       | order        | members | -
delivery:order-again                        | order        | members | -
delivery:order-answer                       | order        | members | -
delivery:order-calendar                     | order        | members | -
delivery:order-move                         | order        | members | -
delivery:order-decline                      | order        | members | -
delivery:order-report                       | order        | members | -
delivery:order-cancel                       | order        | members | -
dispensing:assessment-list                  |              | members
dispensing:assessment                       | assessment   | members | -
dispensing:assessment-skip                  | assessment   | members | -
dispensing:recall                           | recall       | members | -
admin:index                                 |              | staff
admin:login                                 |              | nobody staff
admin:logout                                |              | staff
admin:password_change                       |              | staff
admin:password_change_done                  |              | staff
admin:autocomplete                          |              | -
admin:jsi18n                                |              | staff
admin:view_on_site                          | shortcut     | -
admin:app_list                              | app          | Pharmacist Technician Manager Auditor Administrator
"""  # noqa: E501  a table

# list or button | about | who opens it
ADMIN = """
admin:accounts_identificationtry                | row  | Registrar Auditor Administrator
admin:accounts_identificationtry lift           | row  | Registrar Administrator
admin:accounts_mfareset                         | row  | Registrar Manager Auditor Administrator
admin:accounts_mfareset confirm                 | row  | Registrar Manager Administrator
admin:accounts_mfareset cancel                  | row  | Registrar Manager Administrator
admin:accounts_physician                        | row  | Registrar Auditor Administrator
admin:accounts_physician enter-proof            | row  | Registrar Administrator
admin:accounts_physician suspend                | row  | Registrar Administrator
admin:accounts_physician reinstate              | row  | Registrar Administrator
admin:accounts_physician leave                  | row  | Registrar Administrator
admin:accounts_physicianapplication             | row  | Registrar Manager Auditor Administrator
admin:accounts_physicianapplication look-up     | row  | Registrar Manager Administrator
admin:accounts_physicianapplication verify      | row  | Registrar Manager Administrator
admin:accounts_physicianapplication refuse      | row  | Registrar Manager Administrator
admin:accounts_proof                            | row  | Registrar Manager Auditor Administrator
admin:accounts_proof verify                     | row  | Registrar Manager Administrator
admin:accounts_proof refuse                     | row  | Registrar Manager Administrator
admin:accounts_rosterimport                     | row  | Registrar Auditor Administrator
admin:accounts_rosterimport_problems            | row  | Registrar Auditor Administrator
admin:accounts_rosterimport_progress            | row  | Registrar Auditor Administrator
admin:accounts_rosterimport_real                | row  | Registrar Administrator
admin:accounts_rosterimport_upload              | list | Registrar Administrator
admin:accounts_user                             | row  | Registrar Manager Auditor Administrator
admin:accounts_user reset-mfa                   | row  | Registrar Manager Administrator
admin:audit_event                               | row  | Auditor Administrator
admin:audit_event_export                        | list | Auditor Administrator
admin:certification_allotmentlimit              | row  | Registrar Manager Auditor Administrator
admin:certification_allotmentlimit drop         | row  | Manager Administrator
admin:certification_allotmentlimit_set          | list | Manager Administrator
admin:certification_card                        | row  | Registrar Pharmacist Auditor Administrator
admin:certification_card revoke                 | row  | Registrar Pharmacist Administrator
admin:certification_caregiver                   | row  | Registrar Auditor Administrator
admin:certification_certification               | row  | Registrar Pharmacist Auditor Administrator
admin:certification_certification revoke        | row  | Registrar Administrator
admin:certification_certification reinstate     | row  | Registrar Administrator
admin:certification_certification_letter        | row  | Registrar Pharmacist
admin:certification_caregiver texts             | row  | Registrar Administrator
admin:certification_caregiver end-texts         | row  | Registrar Administrator
admin:certification_condition                   | row  | Auditor Administrator
admin:certification_invitation                  | row  | Auditor Administrator
admin:certification_patient                     | row  | Registrar Pharmacist Auditor Administrator
admin:certification_patient take-over           | row  | Registrar Administrator
admin:certification_patient close               | row  | Registrar Administrator
admin:certification_patient reopen              | row  | Registrar Administrator
admin:certification_patient allotment           | row  | Pharmacist Administrator
admin:certification_patient texts               | row  | Registrar Pharmacist Administrator
admin:certification_patient end-texts           | row  | Registrar Pharmacist Administrator
admin:certification_patientrequest              | row  | Registrar Auditor Administrator
admin:certification_patientrequest answered     | row  | Registrar Administrator
admin:certification_patientrequest confirm      | row  | Registrar Administrator
admin:certification_patientrequest refuse       | row  | Registrar Administrator
admin:delivery_allotmententry                   | row  | Pharmacist Manager Auditor Administrator
admin:delivery_allotmententry_export_csv        | list | Pharmacist Manager Auditor Administrator
admin:delivery_allotmententry_export_xlsx       | list | Pharmacist Manager Auditor Administrator
admin:delivery_closure                          | row  | Pharmacist Technician Manager Auditor Administrator
admin:delivery_closure open                     | row  | Manager Administrator
admin:delivery_closure_calls                    | row  | Pharmacist Technician Manager Auditor Administrator
admin:delivery_closure_close                    | list | Manager Administrator
admin:delivery_deliverypolicy                   | row  | Manager Auditor Administrator
admin:delivery_deliverypolicy drop              | row  | Manager Administrator
admin:delivery_deliverypolicy_set               | list | Manager Administrator
admin:delivery_deliverywindow                   | row  | Pharmacist Technician Manager Auditor Administrator
admin:delivery_deliverywindow capacity          | row  | Manager Administrator
admin:delivery_deliverywindow_extra             | list | Manager Administrator
admin:delivery_handover                         | row  | Pharmacist Manager Auditor Administrator
admin:delivery_handover_export_csv              | list | Pharmacist Manager Auditor Administrator
admin:delivery_handover_export_xlsx             | list | Pharmacist Manager Auditor Administrator
admin:delivery_handovercorrection               | row  | Pharmacist Manager Auditor Administrator
admin:delivery_handovercorrection_correct       | row  | Pharmacist Manager Administrator
admin:delivery_handovercorrection_export_csv    | list | Pharmacist Manager Auditor Administrator
admin:delivery_handovercorrection_export_xlsx   | list | Pharmacist Manager Auditor Administrator
admin:delivery_itemreport                       | row  | Pharmacist Manager Auditor Administrator
admin:delivery_itemreport answer                | row  | Pharmacist Manager Administrator
admin:delivery_lot                              | row  | Pharmacist Technician Manager Auditor Administrator
admin:delivery_lot describe                     | row  | Pharmacist Technician Manager Administrator
admin:delivery_lot correct                      | row  | Pharmacist Manager Administrator
admin:delivery_lot quarantine                   | row  | Pharmacist Manager Administrator
admin:delivery_lot_export_csv                   | list | Pharmacist Technician Manager Auditor Administrator
admin:delivery_lot_export_xlsx                  | list | Pharmacist Technician Manager Auditor Administrator
admin:delivery_order                            | row  | Pharmacist Technician Manager Auditor Administrator
admin:delivery_order confirm                    | row  | Pharmacist Administrator
admin:delivery_order pack                       | row  | Pharmacist Technician Administrator
admin:delivery_order days                       | row  | Pharmacist Administrator
admin:delivery_order short                      | row  | Pharmacist Technician Administrator
admin:delivery_order answer                     | row  | Pharmacist Technician Administrator
admin:delivery_order unpack                     | row  | Pharmacist Technician Administrator
admin:delivery_order refuse                     | row  | Pharmacist Technician Manager Administrator
admin:delivery_order lot                        | row  | Pharmacist Technician Manager Administrator
admin:delivery_order move                       | row  | Pharmacist Technician Manager Administrator
admin:delivery_order cancel                     | row  | Pharmacist Technician Manager Administrator
admin:delivery_order assign                     | row  | Manager Administrator
admin:delivery_order photo-id                   | row  | Pharmacist Administrator
admin:delivery_order take-in                    | row  | Pharmacist Technician Administrator
admin:delivery_order_phone                      | list | Pharmacist Technician Manager Administrator
admin:delivery_order_export_csv                 | list | Pharmacist Technician Manager Auditor Administrator
admin:delivery_order_export_xlsx                | list | Pharmacist Technician Manager Auditor Administrator
admin:delivery_product                          | row  | Pharmacist Technician Manager Auditor Administrator
admin:delivery_product receive                  | row  | Pharmacist Technician Manager Administrator
admin:delivery_product count                    | row  | Pharmacist Technician Manager Administrator
admin:delivery_product quarantine               | row  | Pharmacist Manager Administrator
admin:delivery_product clear                    | row  | Pharmacist Manager Administrator
admin:delivery_product write-off                | row  | Pharmacist Manager Administrator
admin:delivery_product edit                     | row  | Pharmacist Manager Administrator
admin:delivery_product photo                    | row  | Pharmacist Manager Administrator
admin:delivery_product drop-photo               | row  | Pharmacist Manager Administrator
admin:delivery_product price                    | row  | Pharmacist Manager Administrator
admin:delivery_product menu                     | row  | Pharmacist Manager Administrator
admin:delivery_product low                      | row  | Pharmacist Manager Administrator
admin:delivery_product_new                      | list | Pharmacist Manager Administrator
admin:delivery_returneditem                     | row  | Pharmacist Technician Manager Auditor Administrator
admin:delivery_returneditem decide              | row  | Pharmacist Manager Administrator
admin:delivery_returneditem_export_csv          | list | Pharmacist Technician Manager Auditor Administrator
admin:delivery_returneditem_export_xlsx         | list | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_destruction                    | row  | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_destruction witness            | row  | Pharmacist Manager Administrator
admin:dispensing_destruction withdraw           | row  | Pharmacist Manager Administrator
admin:dispensing_destruction_paper              | row  | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_destruction_propose            | list | Pharmacist Manager Administrator
admin:dispensing_destruction_export_csv         | list | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_destruction_export_xlsx        | list | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_dispensedunit                  | row  | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_dispensedunit_export_csv       | list | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_dispensedunit_export_xlsx      | list | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_paper                          | row  | Pharmacist Manager Auditor Administrator
admin:dispensing_paper_download                 | row  | Pharmacist Manager Auditor Administrator
admin:dispensing_paper_inspection               | list | Pharmacist Manager Auditor Administrator
admin:dispensing_paper_log                      | list | Pharmacist Manager Auditor Administrator
admin:dispensing_paper_progress                 | row  | Pharmacist Manager Auditor Administrator
admin:dispensing_dispensedunit_manifest         | row  | Pharmacist Manager Auditor Administrator
admin:dispensing_labelprint                     | row  | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_labelprint_export_csv          | list | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_labelprint_export_xlsx         | list | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_labelprint_print               | row  | Pharmacist Technician Administrator
admin:dispensing_labelprint_directions          | row  | Pharmacist Administrator
admin:dispensing_papername                      | row  | Pharmacist Manager Auditor Administrator
admin:dispensing_papername_own                  | list | Pharmacist Administrator
admin:dispensing_papername_enter                | list | Manager Administrator
admin:dispensing_recall                         | row  | Pharmacist Technician Manager Auditor Administrator
admin:dispensing_recall end                     | row  | Pharmacist Manager Administrator
admin:dispensing_recall_calls                   | row  | Pharmacist Manager Auditor Administrator
admin:dispensing_recall_find                    | list | Pharmacist Manager Auditor Administrator
admin:dispensing_recall_start                   | list | Pharmacist Manager Administrator
admin:dispensing_recalledperson                 | row  | Pharmacist Manager Auditor Administrator
admin:dispensing_recalledperson reached         | row  | Pharmacist Manager Administrator
admin:dispensing_recalledperson_export_csv      | list | Pharmacist Manager Auditor Administrator
admin:dispensing_recalledperson_export_xlsx     | list | Pharmacist Manager Auditor Administrator
admin:dispensing_reportanswer               | row  | Pharmacist Manager Auditor Administrator
admin:dispensing_reportanswer read          | row  | Pharmacist Administrator
admin:dispensing_reportanswer_enter         | list | Pharmacist Administrator
admin:dispensing_reportfile                 | row  | Pharmacist Manager Auditor Administrator
admin:dispensing_reportfile again           | row  | Pharmacist Administrator
admin:dispensing_reportfile download        | row  | Pharmacist Administrator
admin:dispensing_reportfile_days            | list | Pharmacist Manager Auditor Administrator
admin:dispensing_reportfile_make            | list | Pharmacist Administrator
admin:dispensing_reportfile_text            | row  | Pharmacist Administrator
admin:dispensing_reportrecord               | row  | Pharmacist Manager Auditor Administrator
admin:dispensing_reportrecord correct       | row  | Pharmacist Administrator
admin:dispensing_reportrecord revise        | row  | Pharmacist Administrator
admin:dispensing_reportrecord settle        | row  | Pharmacist Administrator
admin:delivery_run                              | row  | Pharmacist Technician Manager Auditor Administrator
admin:delivery_run settle                       | row  | Manager Administrator
admin:delivery_run_export_csv                   | list | Pharmacist Technician Manager Auditor Administrator
admin:delivery_run_export_xlsx                  | list | Pharmacist Technician Manager Auditor Administrator
admin:delivery_run_plan                         | row  | Manager Administrator
admin:delivery_run_pack                         | row  | Pharmacist Manager Administrator
admin:delivery_run_paper                        | row  | Pharmacist Manager Administrator
admin:delivery_run_settling                     | row  | Manager Administrator
admin:delivery_stockmovement                    | row  | Pharmacist Technician Manager Auditor Administrator
admin:delivery_stockmovement_export_csv         | list | Pharmacist Technician Manager Auditor Administrator
admin:delivery_stockmovement_export_xlsx        | list | Pharmacist Technician Manager Auditor Administrator
admin:delivery_stockmovement_lot                | list | Pharmacist Technician Manager Auditor Administrator
admin:delivery_stockmovement_upload             | list | Pharmacist Technician Manager Administrator
admin:delivery_waitingentry                     | row  | Pharmacist Technician Manager Auditor Administrator
admin:notifications_bounce                      | row  | Registrar Pharmacist Manager Auditor Administrator
admin:notifications_bounce clear                | row  | Registrar Pharmacist Manager Administrator
admin:notifications_letterbatch                 | row  | Registrar Pharmacist Manager Auditor Administrator
admin:notifications_letterbatch posted          | row  | Registrar Pharmacist Manager Administrator
admin:notifications_letterbatch_make            | list | Registrar Pharmacist Manager Administrator
admin:notifications_letterbatch_pdf             | row  | Registrar Pharmacist Manager Administrator
admin:notifications_notification                | row  | Registrar Pharmacist Manager Auditor Administrator
admin:notifications_notification called         | row  | Registrar Pharmacist Manager Administrator
admin:notifications_notification letter         | row  | Registrar Pharmacist Manager Administrator
admin:notifications_notification resend         | row  | Registrar Pharmacist Manager Administrator
admin:notifications_notification cancel         | row  | Registrar Pharmacist Manager Administrator
admin:notifications_notification_kinds          | list | Registrar Pharmacist Manager Auditor Administrator
admin:notifications_notification_kind           | row  | Registrar Pharmacist Manager Auditor Administrator
admin:notifications_notification_kind_html      | row  | Registrar Pharmacist Manager Auditor Administrator
admin:notifications_notification_outbox         | list | Registrar Pharmacist Manager Auditor Administrator
admin:notifications_textconsent                 | row  | Registrar Pharmacist Manager Auditor Administrator
admin:notifications_textconsent end             | row  | Registrar Pharmacist Manager Administrator
admin:notifications_textreceived                | row  | Registrar Pharmacist Manager Auditor Administrator
admin:notifications_textreceived read           | row  | Registrar Pharmacist Manager Administrator
admin:notifications_textreceived end            | row  | Registrar Pharmacist Manager Administrator
admin:pages_contactmessage                      | row  | Manager Auditor Administrator
admin:pages_contactmessage answer               | row  | Manager Administrator
admin:pages_contactmessage answered             | row  | Manager Administrator
admin:pages_contactmessage note                 | row  | Manager Administrator
admin:pages_contactmessage take                 | row  | Manager Administrator
admin:pages_contactmessage give-back            | row  | Manager Administrator
"""


@dataclass(frozen=True)
class Row:
    """An address, or a list or button of the admin, with the roles that may open it."""

    name: str
    about: str
    own: frozenset[str]
    others: frozenset[str]
    is_owned: bool  # whether the address is about a thing that belongs to somebody


def rows():
    """Return the rows of both tables. A row of the admin is about a row of the database, which nobody owns."""
    return [*_read(PAGES), *_read(ADMIN)]


def _read(table):
    for line in table.strip().splitlines():
        name, about, own, *others = (cell.strip() for cell in line.split("|"))
        yield Row(name, about, _roles(own), _roles(others[0] if others else ""), bool(others))


def _roles(words):
    named = set()
    for word in words.split():
        named |= set(GROUPS.get(word, (word,)))
    assert named <= set(ROLES), words
    return frozenset(named)


def document():
    """Return the text of docs/access.md."""
    parts = [
        "# Access\n\nPrinted from `tests/access.py` by `python -m tests.access --write`. A test opens every address as "
        "every role and fails where one is not named, opens to more, or opens to fewer.\n\n"
    ]
    parts += [f"- **{name}**: {', '.join(roles)}\n" for name, roles in GROUPS.items() if roles]
    parts += [
        "\n## Pages\n\n| address | about | who opens their own | who opens what is others' |\n",
        "| --- | --- | --- | --- |\n",
        *(_line(line, 4) for line in PAGES.strip().splitlines()),
        "\n## Admin\n\nA name alone is the list with the page and the history of a row, a word after it a button.\n\n"
        "| address | about | who opens it |\n| --- | --- | --- |\n",
        *(_line(line, 3) for line in ADMIN.strip().splitlines()),
    ]
    return "".join(parts)


def _line(line, columns):
    cells = [cell.strip() or "-" for cell in line.split("|")]
    return f"| {' | '.join([*cells, *['-'] * (columns - len(cells))])} |\n"


def main(arguments):
    if "--write" in arguments:
        FILE.write_text(document())
    elif "--check" not in arguments:
        sys.stdout.write(document())
    elif not FILE.exists() or FILE.read_text() != document():
        sys.exit("docs/access.md is not what tests/access.py says: run python -m tests.access --write.")


if __name__ == "__main__":
    main(sys.argv[1:])
