"""Read the papers of this app as others do: with a CSV reader and a PDF viewer."""

import csv
import io

import pypdfium2

from dispensing import actions
from dispensing.papers.log_csv import log_csv
from dispensing.papers.log_pdf import log_pdf
from dispensing.papers.stored import WRITERS, parts_of


def rows_of(content):
    """Return the rows of a CSV, each as a dictionary."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def pages_of(content):
    """Return the words of each page of a PDF."""
    return [" ".join(page.get_textpage().get_text_range().split()) for page in pypdfium2.PdfDocument(content)]


def log_rows(first, last=None):
    return rows_of(b"".join(log_csv(first, last or first)))


def log_pages(first, last=None):
    return pages_of(b"".join(log_pdf(first, last or first)))


def made(kind, day, *, by):
    """Return the content of a paper of a day that a worker has made."""
    paper = actions.ask_paper(kind=kind, first=day, last=day, by=by)
    assert actions.make_papers(writers=WRITERS, by=None) == 1
    paper.refresh_from_db()
    return paper, b"".join(parts_of(paper))
