"""The words that people attest and affirm to. A change means a new version: the old one stays with what was signed."""

from django.utils.translation import gettext_lazy as _

STATEMENT_VERSION = "2026-11"

# The brief's words; field name of Certification: sentence after "I have".
ATTESTATIONS = {
    "assessed_history": _(
        "I have completed a medically reasonable assessment of the patient’s medical history and current "
        "medical condition."
    ),
    "diagnosed_condition": _("I have diagnosed the patient as having a debilitating medical condition."),
    "considered_prescriptions": _(
        "I have prescribed, or determined it is not in the best interest to prescribe, prescription drugs to address "
        "the symptoms or effects for which the certification is being issued."
    ),
    "benefits_outweigh_risks": _(
        "I have concluded that, in my medical opinion, the potential benefits of the palliative use of marijuana would "
        "likely outweigh the health risks to the patient."
    ),
    "explained_risks": _(
        "I have explained the potential risks and benefits of the palliative use of marijuana to the patient or, where "
        "the patient lacks legal capacity, to the parent, guardian or other person having legal custody of the patient."
    ),
    "available_for_follow_up": _(
        "I am reasonably available to provide follow-up care and treatment for the patient, including any examinations "
        "necessary to determine the efficacy of marijuana for treating the patient’s debilitating medical condition, "
        "or a symptom thereof."
    ),
}

PATIENT_AFFIRMATIONS = {
    "lives_in_connecticut": _("I live in Connecticut."),
    "under_care": _("I am under the care of the physician who certified me."),
    "not_an_inmate": _("I am not an inmate of a correctional institution."),
    "will_not_give_away": _("I will not give or sell what I receive to anybody."),
    "will_report_changes": _("I will report a change of name or address, or a lost card, within 5 business days."),
    "will_dispose": _("I will dispose of what is left within 10 days after my certification ends."),
}

CAREGIVER_AFFIRMATIONS = {
    "is_adult": _("I am 18 or older and not the certifying physician."),
    "no_conviction": _("I have no conviction for illegal manufacture, sale or distribution of a controlled substance."),
    "manages_well_being": _("I agree to manage the patient’s well-being as to palliative use."),
    "gives_to_patient_alone": _("I will give what I receive to this patient alone."),
    "will_report_changes": _("I will report changes and a lost card within 5 business days."),
}
