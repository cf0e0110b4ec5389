"""The pages of a minor's two letters, and the download of a letter."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.cooldown import next_try_at
from accounts.decorators import office_required
from accounts.requests import SignedInRequest
from certification import rules
from certification.actions import save_letters
from certification.forms.office import LettersForm
from certification.models import Certification, Draft, Letter
from certification.presenters.addresses import step_url
from certification.presenters.letters import LetterBox
from certification.responses import letter_response
from certification.steps import is_minor
from certification.views.drafts import draft_page
from certification.views.scope import certification_page, find_draft, own_certification, record_view
from certification.views.steps import StepView
from ui.errors import PortalError
from ui.rates import is_within
from ui.templatetags.portal import clock


class LettersView(StepView):
    """The step of the letters, both in one form. A letter that is right is saved although the other one is not."""

    name, form_class = "letters", LettersForm
    needs_birth_date = True

    def get(self, request: SignedInRequest, draft: Draft) -> HttpResponse:
        if not is_minor(self.answers, today=self.today):
            return self.go_past()
        record_view(request, draft)
        return self.page(letters_form(draft))

    def go_past(self) -> HttpResponse:
        """Lead to the next page: an adult needs no letters."""
        return redirect(step_url(self.draft, self.following)) if self.following else self.hand_over()

    def post(self, request: SignedInRequest, draft: Draft) -> HttpResponse:
        if not is_minor(self.answers, today=self.today):
            return self.go_past()
        form = letters_form(draft, request.POST, request.FILES, is_partial=self.is_for_later)
        is_saved = save_posted_letters(request, draft, form)
        self.draft = find_draft(request.user, draft.uuid) or draft
        return self.go_on() if is_saved else self.page(form)

    def more(self, form: Any = None) -> dict[str, Any]:
        return letters_context(self.draft, form)


letters = draft_page(LettersView.as_view())


def letters_of(draft: Draft) -> dict[str, Letter]:
    """Return the letters of a draft by kind. The draft of a renewal may have no row yet."""
    return {letter.kind: letter for letter in draft.letters.all()} if draft.pk else {}


def letters_form(draft: Draft, *typed: Any, is_partial: bool = False) -> LettersForm:
    """Return the form of both letters, filled in with what is stored of them."""
    return LettersForm(*typed, stored=letters_of(draft), is_partial=is_partial)


def save_posted_letters(request: SignedInRequest, draft: Draft, form: LettersForm) -> bool:
    """Save the letters of the form that are right, and return whether all of them were.

    Otherwise the form has the refusals, and a message names each letter that is saved.
    """
    form.is_valid()
    given = form.answers
    waits = _letters_that_wait(request, given)
    read = {kind: letter for kind, letter in given.items() if kind not in waits}
    refused = save_letters(draft=draft, letters=read, by=request.user) | waits
    for kind, error in refused.items():
        form.refuse(kind, error)
        if isinstance(error, rules.SlowLetterError):
            is_within(request, action="slow_letter")
    if form.errors:
        for kind in given.keys() - refused.keys():
            messages.success(request, _("The letter is kept: %(kind)s.") % {"kind": Letter.Kind(kind).label})
    return not form.errors


def _letters_that_wait(request: SignedInRequest, letters: dict[str, dict[str, Any]]) -> dict[str, PortalError]:
    """Return by kind the refusal of each letter with a file, where files of the account took too long to read."""
    sent = [kind for kind, letter in letters.items() if letter["file"]]
    if not sent or is_within(request, action="slow_letter", dry_run=True):
        return {}
    words = _("Your files took too long to read, and others had to wait. Send this one at %(time)s Eastern.")
    sentence = words % {"time": clock(next_try_at(request, action="slow_letter"))}
    return dict.fromkeys(sent, rules.LetterError(sentence, field="file"))


def letters_context(draft: Draft, form: LettersForm) -> dict[str, Any]:
    """Return what the template of the letters needs."""
    stored = letters_of(draft)
    boxes = [LetterBox(kind, kind.label, stored.get(kind), form.of(kind), form.is_wrong(kind)) for kind in Letter.Kind]
    return {"letters": boxes, "form": form}


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def renewal_letters(request: SignedInRequest, certification: Certification) -> HttpResponse:
    """Ask for both letters of a minor's renewal. Any other certification leads to the page of its renewal."""
    if not wants_letters(certification):
        return redirect(step_url(certification, "renew"))
    draft, is_for_later = Draft.objects.renewing(certification), "later" in request.POST
    typed = (request.POST, request.FILES) if request.method == "POST" else ()
    form = letters_form(draft, *typed, is_partial=is_for_later)
    if typed and save_posted_letters(request, draft, form):
        return redirect("certification:patient-list") if is_for_later else redirect(step_url(certification, "renew"))
    record_view(request, certification)
    draft = Draft.objects.renewing(certification)
    context = {"certification": certification, "patient": certification.patient, "draft": draft}
    return render(request, "certification/renewal_letters.html", {**context, **letters_context(draft, form)})


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
