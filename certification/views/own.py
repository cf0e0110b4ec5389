"""The page on which patients and caregivers change their own contact data."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from certification.actions import change_phone
from certification.forms.joining import PhoneForm
from certification.presenters.people import address_that_bounces
from certification.views.form_page import form_page, posted
from certification.views.scope import own_people


@require_http_methods(["GET", "HEAD", "POST"])
def own_contact(request: SignedInRequest) -> HttpResponse:
    """Change one's own phone number. Links lead to the email address and to the report of a new home."""
    person = own_people(request.user)[0]
    form = PhoneForm(posted(request), initial={"phone": person.phone})

    def act() -> HttpResponse:
        change_phone(phone=form.cleaned_data["phone"], by=request.user)
        messages.success(request, _("Saved. We call you under this number."))
        return redirect("certification:own-contact")

    bounces = address_that_bounces(person, account_email=request.user.email)
    context = {"person": person, "address_that_bounces": bounces}
    return form_page(request, form, act, "certification/own_contact.html", context=context)
