"""Answers to the monitoring report: read, and refused unless they are complete.

An answer has the format of the report [docs/domain.md#the-monitoring-report]. A part of an answer must never count as
an acceptance, so everything by which a file says where it ends is compared.
"""

import re
from dataclasses import dataclass

ACKNOWLEDGED, IN_ERROR = "02", "03"
SEPARATOR = "*"


@dataclass(frozen=True)
class Answer:
    """An answer to a report: kind 02 acknowledges it, and 03 names an error. The control number is the report's.

    Decide by the kind: an acknowledgement may carry a message, too, and it stands in `errors` as well.
    """

    kind: str
    control_number: str
    errors: tuple[str, ...]


def read_answer(text: str) -> Answer:
    """Return the answer that a file holds, whatever terminator its TH declares; a line break may be one.

    Raises ValueError for anything else: a cut file, a report, an answer to nothing, an error without a message.
    """
    header, terminator, rest = _header(text.lstrip("\ufeff \t\r\n"))
    segments = _segments(rest, terminator)
    _check_trailer(header, segments)
    kind, answered = header[3], header[4].strip()
    if kind not in (ACKNOWLEDGED, IN_ERROR):
        raise ValueError(f"The file is no answer: its kind is {kind!r}, not 02 or 03.")
    if not answered:
        raise ValueError("The answer does not say which report it answers: its TH04 is empty.")
    errors = tuple(line[3].strip() for line in segments if line[0] == "IS" and len(line) > 3 and line[3].strip())
    if kind == IN_ERROR and not errors:
        raise ValueError("The answer says that there is an error, and does not name it.")
    return Answer(kind, answered, errors)


def _header(text: str) -> tuple[list[str], str, str]:
    """Return the elements of TH before the last, the terminator that TH declares, and the text behind TH."""
    elements = text.split(SEPARATOR, 9)
    if elements[0] != "TH" or len(elements) < 10:
        raise ValueError("The answer does not begin with a whole TH segment.")
    *elements, declared = elements
    terminator = _terminator(declared)
    if any(terminator in element for element in elements):
        raise ValueError("The TH segment of the answer ends before it declares a terminator.")
    _check_header(elements)
    return elements, terminator, declared[2 * len(terminator) :]


def _terminator(declared: str) -> str:
    """Return the character that stands twice at the end of TH: as its last element, and as the terminator itself."""
    if declared.startswith("\r\n\r\n"):  # a line break, which a transfer from Windows has made two characters
        return "\r\n"
    if len(declared) < 2 or declared[0] != declared[1] or declared[0].isalnum() or declared[0] in (SEPARATOR, " "):
        raise ValueError("The TH segment of the answer does not declare a terminator.")
    return declared[0]


def _check_header(elements: list[str]) -> None:
    _tag, version, number, _kind, _answered, day, time, mode, _reserved = elements
    if not version.strip() or not number.strip() or mode not in ("P", "T"):
        raise ValueError("The TH segment of the answer lacks its version, control number or mode.")
    if not re.fullmatch(r"[0-9]{8}", day) or not re.fullmatch(r"[0-9]{4}(?:[0-9]{2})?", time):
        raise ValueError(f"The date {day!r} and the time {time!r} of the answer cannot be read.")


def _segments(rest: str, terminator: str) -> list[list[str]]:
    *segments, behind = rest.split(terminator)
    if behind.strip():
        raise ValueError("The answer was cut: its last segment does not end.")
    return [segment.strip().split(SEPARATOR) for segment in segments if segment.strip()]


def _check_trailer(header: list[str], segments: list[list[str]]) -> None:
    tags = [segment[0] for segment in segments]
    if not tags or tags[-1] != "TT" or len(segments[-1]) < 3:
        raise ValueError("The answer was cut: it does not end with a whole TT segment.")
    if "TH" in tags or "TT" in tags[:-1]:
        raise ValueError("The file holds more than one answer.")
    _tag, number, count = segments[-1][:3]
    if number != header[2]:
        raise ValueError(f"The answer begins with the control number {header[2]!r} and ends with {number!r}.")
    if count != str(len(segments) + 1):
        raise ValueError(f"The answer says that it has {count!r} segments, and it has {len(segments) + 1}.")
