"""The pages of physicians and their offices: identification, requirements, delegates, applications, leaving."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.actions import (
    apply_as_physician,
    disown_binding,
    end_delegate,
    identify_physician,
    leave_practice,
    name_delegate,
    report_renewed_registration,
    state_monitoring_access,
)
from accounts.decorators import IDENTIFIED, is_identified, physician_of, physician_required
from accounts.forms import AccessForm, AnnounceForm, ApplicationForm, DelegateForm, IdentificationForm, RenewedForm
from accounts.models import AccountBinding, Decision, Physician, Registration
from accounts.person import PersonRequest
from accounts.presenters.applications import typed_before, what_was_sent
from accounts.presenters.eligibility import eligibility_page, refusal_of
from accounts.presenters.office import office_page
from accounts.rules import (
    AccountsError,
    IdentificationError,
    LockedOut,
    refusal_for_applicant,
)
from ui.errors import add_to_form
from ui.mailed_links import MailedLink
from ui.templatetags.portal import moment, phone
from ui.text import token_digest

OFFICE = "certification:start"  # the first page of physicians, delegates and applicants
BINDING = "binding"  # session key: the binding whose link "this was not me" was opened

MOST_DIGITS = 19  # of a key in the database


@require_GET
def role(request: PersonRequest) -> HttpResponse:
    """Lead a signed-in person to their first page, or show a newcomer the two ways in."""
    page = _first_page(request)
    return redirect(page) if page else render(request, "accounts/role.html")


def _first_page(request: PersonRequest) -> str | None:
    person = request.person
    if person.is_staff:
        return "admin:index"
    if person.is_physician:
        return OFFICE if is_identified(request) else "accounts:physician-identify"
    if person.is_delegate:
        return OFFICE
    if person.is_member:
        return "delivery:home"
    if person.is_applicant:
        return OFFICE
    if request.user.physician_applications.exists():
        return "accounts:physician-apply"
    return "certification:invitation" if "invitation" in request.session else None


def physician_identify(request: PersonRequest) -> HttpResponse:
    """Ask for DEA number and SSN digits once in each session.

    They identify a signed-in person; they are no password.
    """
    if is_identified(request):
        return redirect(_next_page(request))
    physician = request.person.physician
    data = request.POST if request.method == "POST" else None
    form = IdentificationForm(data, initial={"dea_number": physician.dea_number if physician else ""})
    if form.is_valid() and (found := _identified(request, form)):
        request.session[IDENTIFIED] = found.pk
        is_news = physician is None or refusal_of(found, today=timezone.localdate())
        return redirect("accounts:physician" if is_news else _next_page(request))
    return render(request, "accounts/physician_identify.html", {"form": form, "is_first_time": physician is None})


def _identified(request: PersonRequest, form: IdentificationForm) -> Physician | None:
    address = get_adapter().get_client_ip(request)
    try:
        return identify_physician(**form.cleaned_data, address=address, by=request.user)
    except IdentificationError as error:
        form.add_error(None, _what_to_do(error))
    except AccountsError as error:
        add_to_form(form, error)
    return None


def _what_to_do(error: IdentificationError) -> str:
    number = phone(settings.DISPENSARY_PHONE)
    if isinstance(error, LockedOut):
        when = _("It opens again on %(moment)s. If you cannot wait, call us at %(phone)s.")
        return f"{error} {when % {'moment': moment(error.opens_at), 'phone': number}}"
    return f"{error} {_('Please compare both, or call us at %(phone)s.') % {'phone': number}}"


def _next_page(request: PersonRequest) -> str:
    page = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    # What begins otherwise would be taken for the name of a view.
    return page if is_ours and page.startswith("/") else resolve_url(OFFICE)


@physician_required
@require_GET
def physician(request: PersonRequest) -> HttpResponse:
    """Show the five requirements as they are today."""
    own = physician_of(request)
    prefetch_related_objects([own], "registrations")
    page = eligibility_page(own, today=timezone.localdate())
    return render(request, "accounts/physician.html", {"page": page})


@physician_required
@require_http_methods(["GET", "HEAD", "POST"])
def delegate_list(request: PersonRequest) -> HttpResponse:
    """Show the delegates of the physician's office; name one by e-mail, or end one today."""
    physician = physician_of(request)
    if "end" in request.POST:
        return _end_delegate(request, physician)
    form = DelegateForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _named(request, physician, form):
        return redirect("accounts:delegate-list")
    page = office_page(physician, today=timezone.localdate())
    context = {"form": form, "page": page, "days": settings.INVITATION_VALID_DAYS}
    return render(request, "accounts/delegate_list.html", context)


def _named(request: PersonRequest, physician: Physician, form: DelegateForm) -> bool:
    try:
        delegate = name_delegate(physician=physician, email=form.cleaned_data["email"], by=request.user)
    except AccountsError as error:
        add_to_form(form, error)
        return False
    if delegate.user_id:
        messages.info(request, _("This person prepares for you already."))
    else:
        messages.success(request, _("Named. A mail says how to sign in."))
    return True


def _end_delegate(request: PersonRequest, physician: Physician) -> HttpResponse:
    pk = request.POST["end"]
    delegate = physician.delegates.filter(pk=pk).first() if pk.isdecimal() and len(pk) < MOST_DIGITS else None
    if delegate:
        end_delegate(delegate=delegate, by=request.user)
        messages.success(request, _("Ended. From now on this person sees nothing of your patients."))
    return redirect("accounts:delegate-list")


@physician_required
@require_http_methods(["GET", "HEAD", "POST"])
def physician_renewed(request: PersonRequest, kind: str) -> HttpResponse:
    """Take the number and date of a renewed registration, which wait for the Registrar."""
    if kind not in Registration.Kind:
        raise Http404
    is_access = kind == Registration.Kind.PRESCRIPTION_MONITORING
    data = request.POST if request.method == "POST" else None
    form = AccessForm(data) if is_access else RenewedForm(data, initial={"number": _number_of(request, kind)})
    if form.is_valid() and _reported(request, kind, form):
        return redirect("accounts:physician")
    context = {"form": form, "kind": Registration.Kind(kind).label, "is_access": is_access}
    return render(request, "accounts/physician_renewed.html", context)


def _number_of(request: PersonRequest, kind: str) -> str:
    registration = physician_of(request).registrations.filter(kind=kind).first()
    return registration.number if registration else ""


def _reported(request: PersonRequest, kind: str, form: AccessForm | RenewedForm) -> bool:
    try:
        report_renewed_registration(
            physician=physician_of(request),
            kind=kind,
            number=form.cleaned_data.get("number", ""),
            valid_through=form.cleaned_data.get("valid_through"),
            by=request.user,
        )
    except AccountsError as error:
        add_to_form(form, error)
        return False
    messages.success(request, _("Thank you. We look it up and write to you when it counts."))
    return True


@physician_required
@require_http_methods(["GET", "HEAD", "POST"])
def physician_monitoring(request: PersonRequest) -> HttpResponse:
    """Take the physician's statement of access to the monitoring program."""
    form = AccessForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            state_monitoring_access(physician=physician_of(request), by=request.user)
            messages.success(request, _("Thank you. Your statement counts from now on."))
            return redirect("accounts:physician")
        except AccountsError as error:
            add_to_form(form, error)
    return render(request, "accounts/physician_monitoring.html", {"form": form})


@physician_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def physician_leave(request: PersonRequest) -> HttpResponse:
    """Let a physician announce that they leave practice; the patients are notified at once."""
    physician = physician_of(request)
    form = AnnounceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            leave_practice(physician=physician, date=form.cleaned_data["date"], by=request.user)
            messages.success(request, _("Entered. Your patients are being notified."))
            return redirect("accounts:physician")
        except AccountsError as error:
            add_to_form(form, error)
    return render(request, "accounts/physician_leave.html", {"form": form, "physician": physician})


@require_http_methods(["GET", "HEAD", "POST"])
def physician_apply(request: PersonRequest) -> HttpResponse:
    """Take the application of a person who is not on the roster. While it waits, show its status."""
    latest = request.user.physician_applications.order_by("pk").last()
    if latest and latest.status == Decision.PENDING:
        context = {"application": latest, "sent": what_was_sent(latest)}
        return render(request, "accounts/physician_application.html", context)
    refused = latest if latest and latest.status == Decision.REFUSED else None
    known = typed_before(refused) if refused else _known_of(request)
    form = ApplicationForm(request.POST if request.method == "POST" else None, initial=known)
    if form.is_valid():
        fields = {name: value for name, value in form.cleaned_data.items() if name != "has_monitoring_access"}
        try:
            apply_as_physician(**fields, by=request.user)
            return redirect("accounts:physician-apply")
        except AccountsError as error:
            add_to_form(form, error)
    context = {"form": form, "refused": refused, "refusal": refusal_for_applicant(refused) if refused else ""}
    return render(request, "accounts/physician_apply.html", context)


def _known_of(request: PersonRequest) -> dict[str, Any]:
    """Return what an identified physician, who applies with a new DEA number, need not type again."""
    if not is_identified(request):
        return {}
    names = [name for name in ApplicationForm.base_fields if name.startswith(("practice_", "first_", "last_"))]
    return {name: getattr(physician_of(request), name) for name in [*names, "npi", "phone"]}


def _binding_of(token: str) -> int | None:
    return AccountBinding.objects.filter(token_digest=token_digest(token)).values_list("pk", flat=True).first()


not_me_link = MailedLink(
    session_key=BINDING, page="accounts:not-me", template="accounts/not_me.html", find=_binding_of
).view()


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest) -> HttpResponse:
    """Suspend the physician at once when the button is pressed. The page shows nothing of the physician's."""
    binding = AccountBinding.objects.filter(pk=request.session.get(BINDING) or 0).first()
    if binding and request.method == "POST":
        disown_binding(binding=binding, by=None)
        return redirect("accounts:not-me")
    return render(request, "accounts/not_me.html", {"binding": binding})
