"""The step of a minor's two letters, and the way to look at them again."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.decorators import office_required
from accounts.rules import AccountsError
from certification import rules
from certification.actions import save_letter, save_renewal_letter
from certification.forms_office import LetterForm
from certification.models import Letter
from certification.responses import letter_response
from certification.steps import is_minor
from certification.views.scope import own_certification, record_view, step_url
from certification.views.steps import StepView
from ui.errors import add_to_form


class LettersView(StepView):
    """Each letter has a form of its own: a mistake in one costs nothing of the other."""

    name, form_class = "letters", LetterForm
    needs_birth_date = True

    def get(self, request, uuid):
        if not is_minor(self.answers, today=self.today):
            return self.go_past()
        record_view(request, self.certification)
        return self.page(None)

    def go_past(self):
        """An adult needs none."""
        return redirect(step_url(self.certification, "statement"))

    def post(self, request, uuid):
        if not is_minor(self.answers, today=self.today):
            return self.go_past()
        if self.is_for_later or "next" in request.POST:
            return self.go_on()
        kind = request.POST.get("kind")
        if kind not in Letter.Kind.values:
            raise Http404
        form = self.letter_form(kind, request.POST, request.FILES)
        if form.is_valid() and self.save_letter(kind, form):
            messages.success(request, _("The letter is kept: %(kind)s.") % {"kind": Letter.Kind(kind).label})
            return redirect(request.get_full_path())
        return self.page(form)

    def save_letter(self, kind, form):
        try:
            save_letter(certification=self.certification, kind=kind, **form.answers, by=self.request.user)
        except (rules.CertificationError, AccountsError) as error:
            add_to_form(form, error)
            return False
        return True

    def letter_form(self, kind, *args):
        return letter_form(kind, letters_of(self.certification), *args)

    def more(self, form=None):
        return letters_context(letters_of(self.certification), form)


def letters_of(draft):
    return {letter.kind: letter for letter in draft.letters.all()} if draft else {}


def letter_form(kind, kept, *args):
    """The form of one kind, filled in with what is `kept` of it."""
    letter = kept.get(kind)
    initial = {name: getattr(letter, name) for name in ("writer", "licence", "letter_date")} if letter else {}
    form = LetterForm(*args, has_file=letter is not None, initial=initial, auto_id=f"id_{kind}_%s")
    form.kind = kind
    return form


def letters_context(kept, form=None):
    """Both kinds with their forms; `form` is the one that was refused."""
    letters = [
        {
            "kind": kind,
            "label": kind.label,
            "kept": kept.get(kind),
            "form": form if form is not None and form.kind == kind else letter_form(kind, kept),
        }
        for kind in Letter.Kind
    ]
    return {"letters": letters, "is_whole": len(kept) == len(Letter.Kind)}


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def renewal_letters(request, uuid):
    """Both letters of a minor's renewal, before its own page; of everybody else, and too early, that page says why."""
    certification = own_certification(request, uuid)
    draft = getattr(certification, "renewal", None)
    if not wants_letters(certification) or (request.method == "POST" and "next" in request.POST):
        return redirect(step_url(certification, "renew"))
    form = None
    if request.method == "POST":
        kind = request.POST.get("kind")
        if kind not in Letter.Kind.values:
            raise Http404
        form = letter_form(kind, letters_of(draft), request.POST, request.FILES)
        if form.is_valid() and _saved(certification, kind, form, by=request.user):
            messages.success(request, _("The letter is kept: %(kind)s.") % {"kind": Letter.Kind(kind).label})
            return redirect(request.get_full_path())
    record_view(request, certification)
    context = {
        "certification": certification,
        "patient": certification.patient,
        "draft": draft,
        **letters_context(letters_of(draft), form),
    }
    return render(request, "certification/renewal_letters.html", context)


def wants_letters(certification):
    """It can be renewed now, and its patient is a minor."""
    today = timezone.localdate()
    if certification.patient is None or not rules.is_minor_on(certification.patient.birth_date, today):
        return False
    try:
        rules.check_renewal_is_open(certification, today=today)
    except rules.RenewalNotOpen:
        return False
    return True


def _saved(certification, kind, form, *, by):
    try:
        save_renewal_letter(certification=certification, kind=kind, **form.answers, by=by)
    except (rules.CertificationError, AccountsError) as error:
        add_to_form(form, error)
        return False
    return True


@office_required
def letter_file(request, uuid, kind):
    letter = get_object_or_404(Letter, certification=own_certification(request, uuid), kind=kind)
    return letter_response(letter, by=request.user)
