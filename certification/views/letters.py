"""The pages of a minor's two letters, and the download of a letter."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.decorators import office_required
from accounts.requests import SignedInRequest
from accounts.rules import AccountsError
from certification import rules
from certification.actions import save_letter
from certification.forms.office import LetterForm
from certification.models import Certification, Draft, Letter
from certification.presenters.addresses import step_url
from certification.presenters.letters import LetterBox
from certification.responses import letter_response
from certification.steps import is_minor
from certification.views.drafts import draft_page
from certification.views.scope import certification_page, find_draft, own_certification, record_view
from certification.views.steps import StepView
from ui.errors import add_to_form


class LettersView(StepView):
    """The step of the letters. Each has a form of its own, so that a mistake in one loses nothing of the other."""

    name, form_class = "letters", LetterForm
    needs_birth_date = True

    def get(self, request: SignedInRequest, draft: Draft) -> HttpResponse:
        if not is_minor(self.answers, today=self.today):
            return self.go_past()
        record_view(request, draft)
        return self.page(None)

    def go_past(self) -> HttpResponse:
        """Lead to the next step: an adult needs no letters."""
        return redirect(step_url(self.draft, "statement"))

    def post(self, request: SignedInRequest, draft: Draft) -> HttpResponse:
        if not is_minor(self.answers, today=self.today):
            return self.go_past()
        if self.is_for_later or "next" in request.POST:
            return self.go_on()
        form = refused_letter(request, draft)
        return redirect(request.get_full_path()) if form is None else self.page(form)

    def more(self, form: LetterForm | None = None) -> dict[str, Any]:
        return letters_context(self.draft, form)


letters = draft_page(LettersView.as_view())


def refused_letter(request: SignedInRequest, draft: Draft) -> LetterForm | None:
    """Store the letter that was posted. Return its form if it was refused, else None."""
    kind = request.POST.get("kind")
    if kind not in Letter.Kind.values:
        raise Http404
    form = letter_form(kind, letters_of(draft), request.POST, request.FILES)
    if not form.is_valid():
        return form
    try:
        save_letter(draft=draft, kind=kind, **form.answers, by=request.user)
    except (rules.CertificationError, AccountsError) as error:
        add_to_form(form, error)
        return form
    messages.success(request, _("The letter is kept: %(kind)s.") % {"kind": Letter.Kind(kind).label})
    return None


def letters_of(draft: Draft) -> dict[str, Letter]:
    """Return the letters of a draft by kind. The draft of a renewal may have no row yet."""
    return {letter.kind: letter for letter in draft.letters.all()} if draft.pk else {}


def letter_form(kind: str, stored: Mapping[str, Letter], *args: Any) -> LetterForm:
    """Return the form of one kind of letter, filled in with what is `stored` of it."""
    letter = stored.get(kind)
    initial = {name: getattr(letter, name) for name in ("writer", "licence", "letter_date")} if letter else {}
    return LetterForm(*args, kind=kind, has_file=letter is not None, initial=initial, auto_id=f"id_{kind}_%s")


def letters_context(draft: Draft, form: LetterForm | None = None) -> dict[str, Any]:
    """Return what the template of the letters needs; `form` is the one that was refused."""
    stored = letters_of(draft)
    letters = [
        LetterBox(
            kind=kind,
            label=kind.label,
            stored=stored.get(kind),
            form=form if form is not None and form.kind == kind else letter_form(kind, stored),
        )
        for kind in Letter.Kind
    ]
    return {"letters": letters, "is_whole": len(stored) == len(Letter.Kind)}


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def renewal_letters(request: SignedInRequest, certification: Certification) -> HttpResponse:
    """Ask for both letters of a minor's renewal. Any other certification leads to the page of its renewal."""
    draft, form = Draft.objects.renewing(certification), None
    if not wants_letters(certification) or (request.method == "POST" and "next" in request.POST):
        return redirect(step_url(certification, "renew"))
    if request.method == "POST":
        form = refused_letter(request, draft)
        if form is None:
            return redirect(request.get_full_path())
    record_view(request, certification)
    context = {
        "certification": certification,
        "patient": certification.patient,
        "draft": draft,
        **letters_context(draft, form),
    }
    return render(request, "certification/renewal_letters.html", context)


def wants_letters(certification: Certification) -> bool:
    """Return whether the certification can be renewed now and its patient is a minor."""
    today = timezone.localdate()
    if not rules.is_minor_on(certification.patient.birth_date, today):
        return False
    try:
        rules.check_renewal_is_open(certification, today=today)
    except rules.RenewalNotOpen:
        return False
    return True


@office_required
def letter_file(request: SignedInRequest, uuid: UUID, kind: str) -> HttpResponse:
    """Return the file of a letter of this office's draft or certification."""
    owner = find_draft(request.user, uuid) or own_certification(request, uuid)
    return letter_response(get_object_or_404(owner.letters, kind=kind), by=request.user)
