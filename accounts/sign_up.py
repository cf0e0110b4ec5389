"""Making an account."""

from allauth.account.forms import SignupForm
from django.http import HttpRequest, HttpResponse

from accounts.adapters import CONFIRMING
from accounts.models import User


def compute_a_hash(password: str) -> None:
    """Take the time that keeping a new account's password takes; nothing is kept."""
    User().set_password(password)


class SignUpForm(SignupForm):
    """allauth's own; the answer for an address that has an account is the same, and takes as long.

    allauth computes no hash then, and its answer came in a seventh of the time.
    """

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            compute_a_hash(self.cleaned_data["password1"])
        user, response = super().try_save(request)
        if user is None:  # the owner of the account is told by mail
            request.session[CONFIRMING] = [self.cleaned_data["email"], None]
        return user, response
