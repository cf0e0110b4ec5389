"""Why an action of this app is refused. Each message is a sentence for the person who asked."""

from ui.errors import PortalError


class DispensingError(PortalError):
    """An expected refusal of this app."""


class PaperNameError(DispensingError):
    """The name that labels and the log need is missing, or is no name."""


class ReportError(DispensingError):
    """The monitoring report cannot be written, sent, corrected or settled as asked."""
