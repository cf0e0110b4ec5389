"""The batch: the office chooses patients, reviews each on its own page, and the physician signs them together."""

import re
from datetime import date
from itertools import chain, islice

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.decorators import office_required, physician_of, physician_required
from accounts.models import User
from accounts.person import PersonRequest
from accounts.proof import has_other_ways, proof_url, prover
from accounts.requests import SignedInRequest
from accounts.rules import AccountsError
from audit.actions import record
from certification import actions, rules
from certification.actions.signing import SignedTogether
from certification.forms import SignatureForm
from certification.models import Certification, Condition, Draft
from certification.presenters.addresses import Row, sign_url, step_url
from certification.presenters.batch import (
    ChoiceRow,
    QueuePlace,
    choice_of_new_patient,
    choice_of_renewal,
    refused_rows,
    reviewed_row,
)
from certification.presenters.groups import groups_on
from certification.statements import attested
from certification.views.scope import find_draft, prepared_for, to_sign
from ui.errors import add_to_form

A_PAGE = 50
QUEUE = "several"  # session key: uuids of those that were chosen and still wait, and how many there were
UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNREAD = ("condition_codes", "directions", "ended_reason", "patient_as_signed", "allotment_reason")


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: PersonRequest) -> HttpResponse:
    """Choose patients for the batch from a page of those who can be renewed or signed; then lead to the first."""
    found = _rows(request.user, timezone.localdate())
    rows = found[:A_PAGE]
    if request.method == "POST":
        chosen = [row.uuid for row in rows if row.uuid in request.POST.getlist("chosen")]
        request.session[QUEUE] = {"uuids": chosen, "count": len(chosen)}
        if chosen:
            return _to_next(request)
        messages.warning(request, _("Nobody was chosen. Tick at least one patient."))
        return redirect("certification:several")
    request.session.pop(QUEUE, None)
    record(action="certification.due", by=request.user)
    context = {"rows": rows, "has_more": len(found) > A_PAGE, "is_physician": request.person.is_physician}
    return render(request, "certification/batch_signing.html", context)


def _rows(user: User, today: date) -> list[ChoiceRow]:
    """Return the rows of a page of the batch, and one more if there are more.

    First come open renewals that end next, then for the physician the prepared drafts of new patients, then renewals
    of what has ended.
    """
    groups = groups_on(today)
    wanted = Q(physician__user=user) | Q(renewal_draft__prepared_at__isnull=True)
    found = Certification.objects.in_hands_of(user, today).filter(wanted, renewal_draft__reviewed_at__isnull=True)
    found = found.select_related("patient", "physician", "renewal_draft").defer(*UNREAD, "renewal_draft__answers")
    ending = found.filter(groups["ending"]).order_by("expires_date", "pk")[: A_PAGE + 1]
    expired = found.filter(groups["expired"]).order_by("-expires_date", "-pk")[: A_PAGE + 1]
    new = to_sign(user).filter(renews__isnull=True)[: A_PAGE + 1]
    rows = chain(
        (choice_of_renewal(each, today=today) for each in ending),
        (choice_of_new_patient(draft) for draft in new),
        (choice_of_renewal(each, today=today) for each in expired),
    )
    return list(islice(rows, A_PAGE + 1))


# --- From one page to the next --------------------------------------------------------------------------------------


def is_for_later(request: SignedInRequest, row: Row) -> bool:
    """Return whether the page reviews without signing: by its button, or as a page of the batch."""
    return "later" in request.POST or place_in_queue(request, row) is not None


def place_in_queue(request: SignedInRequest, row: Row) -> QueuePlace | None:
    """Return the place of the row in the batch, or None if it was not chosen."""
    queue = request.session.get(QUEUE) or {"uuids": [], "count": 0}
    if str(row.uuid) not in queue["uuids"]:
        return None
    return QueuePlace(number=queue["count"] - len(queue["uuids"]) + 1, count=queue["count"])


def go_on_in_queue(request: SignedInRequest, row: Row) -> HttpResponse:
    """Lead to the next page of the batch; after the last, or outside the batch, to the page that signs together."""
    if place_in_queue(request, row) is None:
        return _to_the_end(request)
    queue = request.session[QUEUE]
    uuids = [uuid for uuid in queue["uuids"] if uuid != str(row.uuid)]
    request.session[QUEUE] = {**queue, "uuids": uuids}
    return _to_next(request)


def _to_next(request: SignedInRequest) -> HttpResponse:
    for uuid in request.session[QUEUE]["uuids"]:
        certification = Certification.objects.in_hands_of(request.user, timezone.localdate()).filter(uuid=uuid).first()
        if certification is not None:
            return redirect(step_url(certification, "renew"))
        if draft := find_draft(request.user, uuid):
            return redirect(sign_url(draft))
    return _to_the_end(request)


def _to_the_end(request: SignedInRequest) -> HttpResponse:
    reviewed = prepared_for(request.user).filter(reviewed_at__isnull=False)
    return redirect("certification:sign-all" if reviewed.exists() else "certification:patient-list")


# --- One signature --------------------------------------------------------------------------------------------------


@physician_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_all(request: PersonRequest) -> HttpResponse:
    """Sign all drafts that were reviewed and have not changed since, with one signature."""
    if request.method != "POST" or (prover(request) and "otherwise" not in request.POST):
        return _sign_all(request)
    try:
        return reauthentication_required(_sign_all)(request)
    except ReauthenticationRequired:
        messages.warning(request, _("Nothing is signed yet. Confirm who you are, then sign again."))
        return redirect(proof_url(request.path))


def _sign_all(request: PersonRequest) -> HttpResponse:
    physician = physician_of(request)
    posted = request.POST if request.method == "POST" else None
    form = SignatureForm(posted, physician=physician, prove=prover(request))
    answer = None
    if form.is_valid():
        try:
            name = form.cleaned_data["signature_name"]
            answer = actions.sign_reviewed(
                physician=physician, seen=_seen(request), signature_name=name, by=request.user
            )
            _confirm_signed(request, answer.signed)
            if not answer.refused and not answer.gone:
                return redirect("certification:patient-list")
        except (rules.CertificationError, AccountsError) as error:
            add_to_form(form, error)
    return _page(request, form, answer)


def _page(request: PersonRequest, form: SignatureForm, answer: SignedTogether | None) -> HttpResponse:
    record(action="certification.reviewed", by=request.user)
    today = timezone.localdate()
    names = dict(Condition.objects.values_list("code", "name"))
    chosen = request.POST.getlist("chosen") if request.method == "POST" and answer is None else None
    rows = [reviewed_row(draft, names, chosen=chosen, today=today) for draft in _reviewed(request.user)]
    context = {
        "form": form if answer is None else SignatureForm(physician=physician_of(request)),
        "rows": [row for row in rows if row.is_as_reviewed],
        "changed": [row for row in rows if not row.is_as_reviewed],
        "refused": refused_rows(answer.refused) if answer else [],
        "gone": answer.gone if answer else 0,
        "sentences": attested().values(),
        "last_valid_day": rules.last_valid_day_from(today),
        "other_ways": form.asked_password is not None and has_other_ways(request),
    }
    return render(request, "certification/sign_all.html", context)


def _reviewed(user: User) -> QuerySet[Draft]:
    reviewed = Draft.objects.reviewed().filter(physician__user=user)
    return reviewed.select_related("renews__patient").prefetch_related("renews__patient__assignments__caregiver")[
        :A_PAGE
    ]


def _seen(request: SignedInRequest) -> dict[str, str]:
    """Return the digests of the boxes that were ticked, by uuid. A value without a uuid is left out."""
    pairs = (value.partition(":") for value in request.POST.getlist("chosen")[:A_PAGE])
    return {uuid: digest for uuid, _colon, digest in pairs if UUID_FORM.fullmatch(uuid)}


def _confirm_signed(request: SignedInRequest, signed: list[Certification]) -> None:
    if signed:
        words = ngettext(
            "Signed: %(count)d certification, valid through %(day)s: %(numbers)s.",
            "Signed: %(count)d certifications, valid through %(day)s: %(numbers)s.",
            len(signed),
        )
        numbers = ", ".join(certification.number for certification in signed)
        day = date_format(signed[-1].last_valid_day, "DAY_FORMAT")
        messages.success(request, words % {"count": len(signed), "day": day, "numbers": numbers})
