from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.actions import end_delegate, identify_physician, name_delegate
from accounts.decorators import IDENTIFIED, is_identified, physician_required
from accounts.forms import DelegateForm, IdentificationForm
from accounts.rules import (
    AccountsError,
    IdentificationError,
    LockedOut,
    NotEligible,
    check_physician_is_eligible,
    eligibility,
)
from ui.errors import add_to_form
from ui.templatetags.portal import moment, phone

MOST_DIGITS = 19  # of a key in the database


@require_GET
def role(request):
    """Where a signed-in person lands: on the first page of what she is here, or a newcomer before the two doors."""
    page = _first_page(request)
    return redirect(page) if page else render(request, "accounts/role.html")


def _first_page(request):
    user = request.user
    if user.is_staff:
        return "admin:index"
    if hasattr(user, "physician"):
        return "certification:patient-list" if is_identified(request) else "accounts:physician-identify"
    if user.is_delegate:
        return "certification:patient-list"
    if hasattr(user, "patient") or hasattr(user, "caregiver"):
        return "delivery:home"
    return "certification:invitation" if "invitation" in request.session else None


def physician_identify(request):
    """DEA number and SSN digits, once in each session. They identify a signed-in person; they are no password."""
    if is_identified(request):
        return redirect(_next_page(request))
    physician = getattr(request.user, "physician", None)
    data = request.POST if request.method == "POST" else None
    form = IdentificationForm(data, initial={"dea_number": physician.dea_number if physician else ""})
    if form.is_valid() and (found := _identified(request, form)):
        request.session[IDENTIFIED] = found.pk
        is_news = physician is None or _refusal_of(found)
        return redirect("accounts:physician" if is_news else _next_page(request))
    return render(request, "accounts/physician_identify.html", {"form": form, "is_first_time": physician is None})


def _identified(request, form):
    address = get_adapter().get_client_ip(request)
    try:
        return identify_physician(**form.cleaned_data, address=address, by=request.user)
    except IdentificationError as error:
        form.add_error(None, _what_to_do(error))
    except AccountsError as error:
        add_to_form(form, error)
    return None


def _what_to_do(error):
    number = phone(settings.DISPENSARY_PHONE)
    if isinstance(error, LockedOut):
        when = _("It opens again on %(moment)s. If you cannot wait, call us at %(phone)s.")
        return f"{error} {when % {'moment': moment(error.opens_at), 'phone': number}}"
    return f"{error} {_('Please compare both, or call us at %(phone)s.') % {'phone': number}}"


def _refusal_of(physician):
    """Why she cannot certify today, or nothing."""
    try:
        check_physician_is_eligible(physician, today=timezone.localdate())
    except NotEligible as error:
        return str(error)
    return ""


def _next_page(request):
    page = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if is_ours else resolve_url("certification:patient-list")


@physician_required
@require_GET
def physician(request):
    """The five requirements, as they stand today."""
    prefetch_related_objects([request.user.physician], "registrations")
    requirements = eligibility(request.user.physician, timezone.localdate())
    context = {
        "physician": request.user.physician,
        "requirements": requirements,
        "missing": [requirement for requirement in requirements if not requirement.met],
        "ending": [requirement for requirement in requirements if requirement.ends_soon],
        "refusal": _refusal_of(request.user.physician),
    }
    return render(request, "accounts/physician.html", context)


@physician_required
@require_http_methods(["GET", "HEAD", "POST"])
def delegate_list(request):
    """Who of her office prepares for her; named by e-mail, ended from today on."""
    physician = request.user.physician
    if "end" in request.POST:
        return _end_delegate(request, physician)
    form = DelegateForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _named(request, physician, form):
        return redirect("accounts:delegate-list")
    today = timezone.localdate()
    context = {
        "form": form,
        "waiting": set(physician.delegates.waiting(today).values_list("pk", flat=True)),
        "current": physician.delegates.current(today).order_by("started_date", "pk"),
        "ended": physician.delegates.filter(ended_date__lte=today).order_by("-ended_date", "-pk"),
        "days": settings.INVITATION_VALID_DAYS,
    }
    return render(request, "accounts/delegate_list.html", context)


def _named(request, physician, form):
    try:
        delegate = name_delegate(physician=physician, email=form.cleaned_data["email"], by=request.user)
    except AccountsError as error:
        add_to_form(form, error)
        return False
    if delegate.user_id:
        messages.info(request, _("This person prepares for you already."))
    else:
        messages.success(request, _("Named. A mail tells the person how to sign in."))
    return True


def _end_delegate(request, physician):
    pk = request.POST["end"]
    delegate = physician.delegates.filter(pk=pk).first() if pk.isdecimal() and len(pk) < MOST_DIGITS else None
    if delegate:
        end_delegate(delegate=delegate, by=request.user)
        messages.success(request, _("Ended. From now on this person sees nothing of your patients."))
    return redirect("accounts:delegate-list")
