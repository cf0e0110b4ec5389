"""How a person makes an account: by the form for everybody, or by an invitation that came to the mailbox."""

from uuid import uuid4

from allauth.account.forms import SignupForm
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.signup import complete_signup
from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from accounts.adapters import CONFIRMING
from accounts.models import User
from accounts.rules import has_account
from audit.actions import record


def make_and_take_back(password: str) -> None:
    """Do what making an account costs, the hash of the password and the rows, and roll it back. Nothing is stored."""
    email = f"{uuid4().hex}@nobody.invalid"
    with transaction.atomic():
        user = User.objects.create_user(email, password)
        EmailAddress.objects.create(user=user, email=email)
        record(action="user.sign_up", by=user, subject=user)
        transaction.set_rollback(True)


def sign_in_first_time(request: HttpRequest, user: User, *, then: str) -> HttpResponse:
    """Sign in the owner of an account that was just made with a password, and lead on to the address `then`.

    allauth does it, as after its own form, so that an address that is not confirmed is asked for here, too.
    """
    record_authentication(request, user, method="password", email=user.email)
    return complete_signup(request, user=user, redirect_url=then)


class SignUpForm(SignupForm):
    """allauth's form. For an address that has an account its answer is the same, and takes as long.

    allauth hashes and writes nothing then, and would answer in a fraction of the time. It also takes an address that
    another account has added and not confirmed for that account's.
    """

    def validate_unique_email(self, value: str) -> str:
        email: str = super().validate_unique_email(value)
        self.account_already_exists = has_account(email)
        return email

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            make_and_take_back(self.cleaned_data["password1"])
        user, response = super().try_save(request)
        if user is None:  # the owner of the account gets a message
            request.session[CONFIRMING] = [self.cleaned_data["email"], None]
        return user, response
