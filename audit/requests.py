"""The account of a request."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest


def account_of(request: HttpRequest) -> AbstractBaseUser:
    """Return the account of a request in the admin, which lets in nobody who is not signed in."""
    assert request.user.is_authenticated
    return request.user
