"""The request of a person, with what that person is to the portal: one object, read with the account in one query."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import Person, User
from accounts.requests import SignedInRequest


class PersonRequest(SignedInRequest):
    """The request of a signed-in person, with what that person is."""

    person: Person


def person_of(user: User | AnonymousUser) -> Person:
    """Return what `user` is. It costs no query when PortalBackend has read the account."""
    return user.person if isinstance(user, User) else Person()
