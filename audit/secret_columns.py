"""Which columns of our tables and of the libraries' are secret, for the admin and its tests.

The admin never selects, filters, searches or sorts by a secret column: a list that can be filtered by a password hash
reveals it letter by letter.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Field, Model, QuerySet
from django.db.models.constants import LOOKUP_SEP

from ui.fields import EncryptedBytesField, EncryptedTextField

ENCRYPTED = (EncryptedTextField, EncryptedBytesField)  # EncryptedJSONField is a text field as well

# By model: what would let somebody in, or what was typed to get in. Every column whose name ends so is secret as well.
DIGEST = "_digest"
SECRETS = {
    "accounts.user": {"password"},
    "accounts.rosterpart": {"data"},  # the uploaded file
    "dispensing.paperpart": {"data"},  # a dispensing log
    "account.emailconfirmation": {"key"},
    "mfa.authenticator": {"data"},  # seeds and codes
    "sessions.session": {"session_key", "session_data"},
    "usersessions.usersession": {"session_key", "data"},
    "socialaccount.socialaccount": {"extra_data"},
    "socialaccount.socialapp": {"key", "secret"},
    "socialaccount.socialtoken": {"token", "token_secret"},
}


def is_secret(field: Field) -> bool:
    """Return whether a model field is a secret that no list may be filtered, searched or sorted by."""
    named = SECRETS.get(field.model._meta.label_lower, ())
    return isinstance(field, ENCRYPTED) or field.name in named or field.name.endswith(DIGEST)


def secrets_of(model: type[Model]) -> list[str]:
    """Return the names of the secret columns of a model."""
    return [field.name for field in model._meta.concrete_fields if is_secret(field)]


def without_secrets(found: QuerySet, *, joined: Iterable[str] = (), shown: Iterable[str] = ()) -> QuerySet:
    """Return the rows, with the rows of the keys `joined`, without secret columns that are not `shown`."""
    names = set(_secrets_within(found.model, joined)) - set(shown)
    return (found.select_related(*joined) if joined else found).defer(*sorted(names))


def _secrets_within(model: Any, joined: Any) -> list[str]:
    """Return the secret columns of a model and of what is joined, as `defer` names them ("user__password")."""
    names = secrets_of(model)
    for path in joined:
        related, walked = model, []
        for part in path.split(LOOKUP_SEP):
            related = related._meta.get_field(part).related_model
            walked.append(part)
            names += [LOOKUP_SEP.join([*walked, name]) for name in secrets_of(related)]
    return names
