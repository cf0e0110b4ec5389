"""The pages on which patients and caregivers change how they are reached."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from certification.actions import change_phone, choose_texts
from certification.forms.joining import PhoneForm, TextsForm
from certification.presenters.people import address_that_bounces
from certification.views.form_page import form_page, posted
from certification.views.scope import own_people
from notifications import texts


@require_http_methods(["GET", "HEAD", "POST"])
def own_contact(request: SignedInRequest) -> HttpResponse:
    """Change one's own phone number. Links lead to the email address and to the report of a new home."""
    person = own_people(request.user)[0]
    form = PhoneForm(posted(request), initial={"phone": person.phone})

    def act() -> HttpResponse:
        change_phone(phone=form.cleaned_data["phone"], by=request.user)
        messages.success(request, _("Saved. We call you under this number."))
        return redirect("certification:own-contact")

    phone = person.phone.as_e164
    context = {
        "person": person,
        "address_that_bounces": address_that_bounces(person, account_email=request.user.email),
        "has_texts": texts.is_on(),
        "is_texted": texts.is_agreed(phone),
    }
    return form_page(request, form, act, "certification/own_contact.html", context=context)


@require_http_methods(["GET", "HEAD", "POST"])
def own_texts(request: SignedInRequest) -> HttpResponse:
    """Agree to texts at the own phone number, or end them. The words that were shown are kept."""
    phone = own_people(request.user)[0].phone.as_e164
    words, is_texted = texts.consent_words(phone), texts.is_agreed(phone)
    form = TextsForm(None if is_texted else posted(request), words=words, language=get_language() or "en")

    def act() -> HttpResponse:
        choose_texts(phone=phone, wants=True, words=words, language=form.language, by=request.user)
        messages.success(request, _("Saved. You get texts from now on."))
        return redirect("certification:own-contact")

    if is_texted and request.method == "POST":
        choose_texts(phone=phone, wants=False, words="", language=form.language, by=request.user)
        messages.success(request, _("Saved. You get no more texts."))
        return redirect("certification:own-contact")
    context = {"has_texts": texts.is_on(), "is_texted": is_texted, "phone": phone, "form_words": form.seal}
    return form_page(request, form, act, "certification/own_texts.html", context=context)
