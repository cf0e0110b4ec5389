"""The tables of this app; each noun has its own module."""

from accounts.models.applications import Decision, IdentityProof, PhysicianApplication, Proof
from accounts.models.identification import AccountBinding, IdentificationTry
from accounts.models.mfa import MFAReset
from accounts.models.people import User, UserManager
from accounts.models.person import Person
from accounts.models.physicians import Delegate, Physician, Registration
from accounts.models.rosters import RosterImport, RosterPart, RosterProblem, RosterUpload

__all__ = [
    "AccountBinding",
    "Decision",
    "Delegate",
    "IdentificationTry",
    "IdentityProof",
    "MFAReset",
    "Person",
    "Physician",
    "PhysicianApplication",
    "Proof",
    "Registration",
    "RosterImport",
    "RosterPart",
    "RosterProblem",
    "RosterUpload",
    "User",
    "UserManager",
]
