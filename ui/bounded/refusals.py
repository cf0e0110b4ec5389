"""Why a file is refused. A module of its own, so that the bounded process imports nothing else of ours."""

BUSY = "busy"  # too many files are being read already
TOO_MUCH = "too much"  # more memory or time than a file may cost
UNREADABLE = "unreadable"
TOO_MANY_PIXELS = "too many pixels"
PASSWORD = "password"  # noqa: S105  a PDF that asks for one
TOO_LARGE = "too large"  # too many pages, objects, or bytes once unpacked
UNDRAWN_FORM = "undrawn form"  # entries that only a program for forms shows
PORTFOLIO = "portfolio"  # a cover page around other files


class Refusal(Exception):
    """A file that is refused; `why` is one of the words above."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
