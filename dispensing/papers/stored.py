"""The papers that a worker makes, by kind, and how a made one is read."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from dispensing.models import Paper
from dispensing.papers.inspection import inspection_zip
from dispensing.papers.log_csv import log_csv
from dispensing.papers.log_pdf import log_pdf
from ui.encryption import decrypt_bytes

WRITERS: dict[str, Callable[[date, date], Iterable[bytes]]] = {
    Paper.Kind.LOG_PDF: log_pdf,
    Paper.Kind.LOG_CSV: log_csv,
    Paper.Kind.INSPECTION: inspection_zip,
}
CONTENT_TYPES: dict[str, str] = {
    Paper.Kind.LOG_PDF: "application/pdf",
    Paper.Kind.LOG_CSV: "text/csv; charset=utf-8",
    Paper.Kind.INSPECTION: "application/zip",
}


def parts_of(paper: Paper) -> Iterator[bytes]:
    """Yield the content of a paper that is ready, a part at a time."""
    for position in paper.parts.order_by("position").values_list("position", flat=True):
        sealed = paper.parts.values_list("data", flat=True).get(position=position)
        yield decrypt_bytes(bytes(sealed), context=paper.seal_of(position))
