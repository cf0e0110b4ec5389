"""Why an action of this app is refused. Each message is a sentence for the person who asked."""

from ui.errors import PortalError


class DispensingError(PortalError):
    """An expected refusal of this app."""


class PaperNameError(DispensingError):
    """The name that labels and the log need is missing, or is no name."""


class PaperError(DispensingError):
    """This paper cannot be made, or is not there any more."""


class DestructionError(DispensingError):
    """This cannot be destroyed, witnessed or withdrawn like that."""


class TakeInError(DispensingError):
    """The serials that were scanned do not fit what came back."""


class LabelError(DispensingError):
    """A label cannot be printed now, or its directions cannot be written like that."""


class AssessmentError(DispensingError):
    """The question is closed, the account may not answer it, or the answers are not complete."""


class RecallError(DispensingError):
    """The recall cannot begin or end so, or what was entered about a person does not fit."""


class ReportError(DispensingError):
    """The monitoring report cannot be written, sent, corrected or settled as asked."""
