"""The page on which a patient or caregiver reads about a recall, and answers."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from audit.actions import record
from dispensing import actions, rules
from dispensing.forms import RecallAnswerForm
from dispensing.models import DispensedUnit
from ui.errors import PortalError, add_to_form


@require_http_methods(["GET", "HEAD", "POST"])
def recall_answer(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Show what was recalled and what to do, and enter what became of it while the recall is open."""
    person = get_object_or_404(rules.recalled_for(request.user).select_related("recall", "patient"), uuid=uuid)
    form = RecallAnswerForm(request.POST if request.method == "POST" else None, initial={"answer": person.answer})
    if form.is_valid():
        try:
            actions.answer_recall(person=person, by=request.user, **form.cleaned_data)
        except PortalError as refusal:
            add_to_form(form, refusal)
        else:
            messages.success(request, _("Thank you. Your answer is entered."))
            return redirect("delivery:home")
    if person.patient.user_id != request.user.pk:
        record(action="patient.view", by=request.user, subject=person.patient)
    units = DispensedUnit.objects.filter(lot__recalls__recall=person.recall, order__patient=person.patient)
    got = units.filter(handed_over_at__isnull=False).select_related("product").order_by("serial")
    is_own = person.patient.user_id == request.user.pk
    return render(request, "dispensing/recall.html", {"person": person, "form": form, "units": got, "is_own": is_own})
