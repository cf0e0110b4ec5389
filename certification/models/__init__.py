"""The tables of this app; each noun has its own module."""

from certification.models.amendments import Amendment
from certification.models.cards import Card
from certification.models.certifications import Certification
from certification.models.drafts import Answers, Certifier, Draft
from certification.models.joining import Invitation
from certification.models.letters import Letter
from certification.models.people import Caregiver, CaregiverAssignment, Patient, PatientToday, Person, Sex
from certification.models.reference import AllotmentLimit, Condition
from certification.models.reminding import ReminderRun
from certification.models.requests import PatientRequest
from certification.models.take_over import TakeOver

__all__ = [
    "AllotmentLimit",
    "Amendment",
    "Answers",
    "Card",
    "Caregiver",
    "CaregiverAssignment",
    "Certification",
    "Certifier",
    "Condition",
    "Draft",
    "Invitation",
    "Letter",
    "Patient",
    "PatientRequest",
    "PatientToday",
    "Person",
    "ReminderRun",
    "Sex",
    "TakeOver",
]
