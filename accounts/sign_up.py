"""The form by which a person makes an account."""

from allauth.account.forms import SignupForm
from django.http import HttpRequest, HttpResponse

from accounts.adapters import CONFIRMING
from accounts.models import User


def compute_a_hash(password: str) -> None:
    """Take the time of hashing a new account's password. Nothing is stored."""
    User().set_password(password)


class SignUpForm(SignupForm):
    """allauth's form. For an address that has an account its answer is the same, and takes as long.

    allauth hashes nothing then, and would answer in a seventh of the time.
    """

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            compute_a_hash(self.cleaned_data["password1"])
        user, response = super().try_save(request)
        if user is None:  # the owner of the account gets a message
            request.session[CONFIRMING] = [self.cleaned_data["email"], None]
        return user, response
