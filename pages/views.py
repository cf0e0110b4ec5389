from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic import TemplateView
from django.views.i18n import set_language

from accounts.cooldown import next_visit_at
from accounts.decorators import page_of
from accounts.middleware import LANGUAGE
from accounts.typed import keep_typed
from certification.actions import choose_language
from delivery.forms import ZipForm
from delivery.rules import policy_on, zip_is_served
from pages import actions, rules
from pages.forms import ContactForm
from pages.presenters import terms_on
from ui.context import dispensary
from ui.errors import add_to_form

# Only the visitor's own browser may cache a page: its header and its messages are for one person.
CACHE_SECONDS = 300


@method_decorator([login_not_required, cache_control(private=True, max_age=CACHE_SECONDS)], name="dispatch")
class Page(TemplateView):
    """A page of text with the figures that are in force today."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(terms=terms_on(timezone.localdate()), **kwargs)


class DeliveryInfo(Page):
    """The page about deliveries. A visitor can check a ZIP code here before making an account."""

    template_name = "pages/delivery_info.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = ZipForm(self.request.GET if "zip" in self.request.GET else None)
        is_served = None
        if form.is_valid():
            is_served = zip_is_served(form.cleaned_data["zip"], policy_on(timezone.localdate()))
        return super().get_context_data(form=form, zip_form=form, zip_is_served=is_served, **kwargs)


@login_not_required
@require_POST
@csrf_exempt
def language(request: HttpRequest) -> HttpResponse:
    """Set the language in the browser, and in the account: mail and other devices use it as well."""
    return language_of_account(request) if request.user.is_authenticated else set_language(request)


@csrf_protect
def language_of_account(request: HttpRequest) -> HttpResponse:
    """Set the language in the account and in this session."""
    chosen = request.POST.get("language")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        choose_language(language=chosen, by=request.user)
        request.session[LANGUAGE] = chosen
    return set_language(request)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Show the contact form and take its message. A form that a program filled in looks sent, and is dropped."""
    user = request.user if request.user.is_authenticated else None
    if request.method != "POST":
        return _contact_page(request, ContactForm(initial={"email": user.email if user else ""}))
    form = ContactForm(request.POST)
    if not form.is_valid():
        return _contact_page(request, form)
    if not form.is_from_a_program:
        try:
            actions.receive_message(**form.answers, address=get_adapter().get_client_ip(request), by=user)
        except rules.TooManyMessages as error:
            add_to_form(form, error)
            return _contact_page(request, form, status=429)
    return redirect("pages:contact-done")


def _contact_page(request: HttpRequest, form: Form, status: int = 200) -> HttpResponse:
    return render(request, "pages/contact.html", {"form": form}, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form with a wrong CSRF token.

    Mostly the form was opened before signing in or out, or the browser refuses cookies. What was typed in a form of
    ours by a person who is signed in comes back on its page; a page of somebody else can put nothing there.
    """
    if is_from_here(request) and keep_typed(
        request, page=urlsplit(page_of(request)).path, posted=request.POST, had_files=bool(request.FILES)
    ):
        messages.info(request, _("Nothing was saved just now: the page was opened before you signed in."))
        return redirect(page_of(request))
    return render(request, "403_csrf.html", status=403)


def is_from_here(request: HttpRequest) -> bool:
    """Return whether the browser says that the form stood on a page of ours."""
    return request.headers.get("origin") == f"{request.scheme}://{request.get_host()}"


def too_many_tries(request: HttpRequest) -> HttpResponse:
    """Return the page for a visitor whom a limit of allauth refused, with the time at which it opens."""
    return render(request, "429.html", {"opens_at": next_visit_at(request)}, status=429)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for a request that cannot be read.

    The template gets no request: the fault may come up before the request has a session or a user.
    """
    template, status = ("413.html", 413) if isinstance(exception, RequestDataTooBig) else ("400.html", 400)
    return HttpResponse(render_to_string(template, dispensary(None)), status=status)
