"""The step of a minor's two letters, and the way to look at them again."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.decorators import office_required
from accounts.rules import AccountsError
from certification import rules
from certification.actions import save_letter
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
        kept = self.kept.get(kind)
        initial = {name: getattr(kept, name) for name in ("writer", "licence", "letter_date")} if kept else {}
        form = LetterForm(*args, has_file=kept is not None, initial=initial, auto_id=f"id_{kind}_%s")
        form.kind = kind
        return form

    @property
    def kept(self):
        return {letter.kind: letter for letter in self.certification.letters.all()}

    def more(self, form=None):
        kept = self.kept
        letters = [
            {
                "kind": kind,
                "label": kind.label,
                "kept": kept.get(kind),
                "form": form if form is not None and form.kind == kind else self.letter_form(kind),
            }
            for kind in Letter.Kind
        ]
        return {"letters": letters, "is_whole": len(kept) == len(Letter.Kind)}


@office_required
def letter_file(request, uuid, kind):
    letter = get_object_or_404(Letter, certification=own_certification(request, uuid), kind=kind)
    return letter_response(letter, by=request.user)
