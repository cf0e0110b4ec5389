"""What people confirm, attest and affirm. A change needs a new version: signed certifications keep the old one."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

STATEMENT_VERSION = "2026-11.4"

# Asked before a patient is registered [docs/domain.md#the-statement].
QUESTIONS = {
    "qualifies": _(
        "The patient qualifies: the physician has diagnosed a debilitating medical condition from the program’s list."
    ),
    "residency_proof_seen": _(
        "The patient lives in Connecticut, and our office has seen proof of identity and of residency."
    ),
    "not_an_inmate": _("The patient is not an inmate of a correctional institution."),
}

# Confirmed once for a renewal, in the brief's words; QUESTIONS are the criteria [docs/domain.md#renewal].
STILL_ELIGIBLE = _(
    "The patient continues to be eligible for medical marijuana use, based on the same criteria that were used for the "
    "patient’s initial registration."
)

# The brief's words [docs/domain.md#the-statement]; field name of Certification: sentence after "I have".
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

# For a minor, and for a patient without legal capacity, the fifth point names who was told.
EXPLAINED_TO_GUARDIAN = _(
    "I have explained the potential risks and benefits of the palliative use of marijuana to %(guardian)s, the parent, "
    "guardian or other person having legal custody of the patient."
)

# Every version that was ever signed: its points, and the fifth one where it names the guardian (none in the first).
STATEMENTS: dict[str, tuple[dict[str, Any], Any]] = {
    "2026-11": (ATTESTATIONS, None),
    "2026-11.2": (ATTESTATIONS, EXPLAINED_TO_GUARDIAN),
    "2026-11.3": (ATTESTATIONS, EXPLAINED_TO_GUARDIAN),  # the same words; a renewal confirms the questions too
    "2026-11.4": (ATTESTATIONS, EXPLAINED_TO_GUARDIAN),  # the same words; a renewal confirms the questions in one
}


def attested(*, guardian: str = "", version: str = STATEMENT_VERSION) -> dict[str, Any]:
    """Return the six points of a version by field name; the fifth names the `guardian` where the version has that."""
    points, for_guardian = STATEMENTS[version]
    if not guardian or for_guardian is None:
        return dict(points)
    return {**points, "explained_risks": for_guardian % {"guardian": guardian}}


def signed_sentences(*, version: str, explained_to: str) -> list[str]:
    """Return the exact sentences that were signed, in the language in which physicians sign."""
    with translation.override("en"):
        return [str(sentence) for sentence in attested(guardian=explained_to, version=version).values()]


AMENDMENT_VERSION = "2026-11"

# What the physician signs with a new condition or new directions; the second to a minor's letters alone.
AMENDMENT_POINTS = {
    "diagnosed_condition": _(
        "I have diagnosed the patient as having each debilitating medical condition that is named here, and the "
        "directions here are mine."
    ),
    "letters_cover": _(
        "The letters of the primary care provider and of the specialist that are on file are about the condition that "
        "is named here."
    ),
    "statement_holds": _(
        "Everything else that I stated when I signed this certification still holds. Its number and its last day stay."
    ),
}
AMENDMENT_STATEMENTS: dict[str, dict[str, Any]] = {"2026-11": AMENDMENT_POINTS}


def amendment_points(*, letters_cover: bool, version: str = AMENDMENT_VERSION) -> dict[str, Any]:
    """Return the sentences signed with an amendment, by name; that on the letters where `letters_cover` says so."""
    points = AMENDMENT_STATEMENTS[version]
    return {name: sentence for name, sentence in points.items() if letters_cover or name != "letters_cover"}


def amendment_sentences(*, version: str, letters_cover: bool) -> list[str]:
    """Return the exact sentences signed with an amendment, in the language in which physicians sign; none unsigned."""
    if not version:
        return []
    with translation.override("en"):
        return [str(sentence) for sentence in amendment_points(version=version, letters_cover=letters_cover).values()]


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
