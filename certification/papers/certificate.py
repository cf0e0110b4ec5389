"""The certificate: what the physician stated and signed. Its code leads to what is valid now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from certification import qr
from certification.models import Amendment, Certification
from certification.papers.document import GREEN, GREY, MARGIN, Desk, Paper, at_desk
from certification.templatetags.certifications import ounces_and_grams
from ui.templatetags.portal import moment

CODE_SIDE = 96
LABELS_WIDTH = 170
FOOT = 34
SCALES = (1, 0.9, 0.8, 0.7, 0.6)  # tried in order until names of hundreds of letters leave it on one page


@dataclass(frozen=True)
class Certificate:
    """The words of the certificate, in the active language.

    `conditions` are the names that it says: none for staff, who do not need them.
    """

    certification: Certification
    conditions: Sequence[str] = ()

    @property
    def title(self) -> str:
        return _("Certification %(number)s") % {"number": self.certification.number}

    @property
    def check_url(self) -> str:
        return qr.check_url(str(self.certification.uuid))

    @property
    def svg(self) -> str:
        return qr.svg(self.check_url)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Return label and words of each row."""
        certification, patient = self.certification, self.certification.patient
        return [
            (_("Patient"), patient.name),
            (_("Patient number"), patient.number),
            (_("Date of birth"), _day(patient.birth_date)),
            *([(_("Condition"), "; ".join(self.conditions))] if self.conditions else []),
            (_("Certified on"), _day(certification.certified_date)),
            (_("Valid through"), _day(certification.last_valid_day)),
            (
                _("Monthly allotment"),
                _("at most %(amount)s") % {"amount": ounces_and_grams(certification.monthly_allotment_oz)},
            ),
            (_("Examined on"), _day(certification.exam_date)),
            (_("Monitoring program reviewed on"), _day(certification.monitoring_reviewed_date)),
            *self.amended_rows,
        ]

    @property
    def amended_rows(self) -> list[tuple[str, str]]:
        """Return the row of what was changed after the signature, each with the last day of a change."""
        amended = self.certification.amendments.exclude(kind=Amendment.Kind.CONTACT).order_by("pk")
        days = {each.get_kind_display(): _day(localdate(each.created_at)) for each in amended}
        words = [_("%(what)s on %(day)s") % {"what": what, "day": day} for what, day in days.items()]
        return [(_("Amended"), "; ".join(words))] if words else []

    @property
    def sentences(self) -> list[str]:
        return [str(sentence) for sentence in self.certification.signed_sentences]

    @property
    def signature(self) -> str:
        words = _("Signed electronically by %(name)s on %(moment)s. Statement version %(version)s.")
        certification = self.certification
        return words % {
            "name": certification.signature_name,
            "moment": moment(certification.certified_at),
            "version": certification.statement_version,
        }

    @property
    def physician(self) -> str:
        return _("%(name)s, certifying physician") % {"name": self.certification.physician.name}

    @property
    def check_words(self) -> str:
        return _("Scan the code, or open %(url)s, to see whether it is still valid. This page is not the card.") % {
            "url": self.check_url
        }


def _day(day: date) -> str:
    return date_format(day, "DAY_FORMAT")


def certificate_pdf(certification: Certification, conditions: Sequence[str] = ()) -> bytes:
    """Return the certificate as a PDF of one page, always in English. The same rows give the same bytes."""
    with translation.override("en"), timezone.override(timezone.get_default_timezone()), at_desk() as desk:
        words = Certificate(certification, conditions)
        drawn = (_drawn(words, desk, scale) for scale in SCALES)
        fitting = (pdf for pdf in drawn if pdf.get_y() <= pdf.h - MARGIN - FOOT or pdf.scale == SCALES[-1])
        return bytes(next(fitting).output())


def _drawn(words: Certificate, desk: Desk, scale: float) -> Paper:
    pdf = Paper(title=words.title, made_at=words.certification.certified_at)
    pdf.load_fonts(desk, [value for _label, value in words.rows] + [*words.sentences, words.signature])
    pdf.add_page()
    _write_head(pdf, words)
    pdf.write_block(words.check_words, size=9, width=pdf.epw, color=GREY, at=(MARGIN, pdf.h - MARGIN - FOOT + 8))
    pdf.scale = scale
    _write_rows(pdf, words)
    _write_statement(pdf, words)
    return pdf


def _write_head(pdf: Paper, words: Certificate) -> None:
    left, right = MARGIN, pdf.w - MARGIN
    width = right - left - CODE_SIDE - 24
    pdf.write_block("Medical Marijuana Program", size=11, width=width, style="B", color=GREEN, at=(left, MARGIN))
    pdf.write_block(words.title, size=22, width=width, style="B", kind="H1")
    pdf.write_block(
        "A physician’s written certification that the patient named here is eligible for the palliative use of "
        "marijuana.",
        size=11, width=width, color=GREY,
    )  # fmt: skip
    pdf.draw_code(
        words.check_url, x=right - CODE_SIDE, y=MARGIN, side=CODE_SIDE, alt_text=f"Code that leads to {words.check_url}"
    )
    _rule(pdf, MARGIN + CODE_SIDE + 20)


def _write_rows(pdf: Paper, words: Certificate) -> None:
    pdf.set_y(MARGIN + CODE_SIDE + 34)
    for label, value in words.rows:
        y = pdf.get_y()
        pdf.write_block(label, size=9.5, width=LABELS_WIDTH, color=GREY, at=(MARGIN, y + 1), lines=1.3)
        x = MARGIN + LABELS_WIDTH + 10
        pdf.write_block(value, size=11, width=pdf.w - MARGIN - x, style="B", at=(x, y), lines=1.3)
        pdf.set_y(pdf.get_y() + 4)
    _rule(pdf, pdf.get_y() + 8)


def _write_statement(pdf: Paper, words: Certificate) -> None:
    width = pdf.epw
    pdf.write_block(
        "The physician’s statement", size=14, width=width, style="B", kind="H2", at=(MARGIN, pdf.get_y() + 20)
    )
    for number, sentence in enumerate(words.sentences, start=1):
        pdf.set_y(pdf.get_y() + 3)
        pdf.write_block(f"{number}. {sentence}", size=10, width=width, lines=1.3)
    pdf.write_block(words.physician, size=11, width=width, style="B", at=(MARGIN, pdf.get_y() + 14))
    pdf.write_block(words.signature, size=10, width=width, color=GREY)


def _rule(pdf: Paper, y: float) -> None:
    pdf.set_draw_color(*GREEN)
    pdf.set_line_width(1)
    with pdf.unread():
        pdf.line(MARGIN, y, pdf.w - MARGIN, y)
    pdf.set_y(y)
