"""Encrypted model fields: text, JSON and files."""

import json
from typing import Any

from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from ui.encryption import decrypt, decrypt_bytes, encrypt, encrypt_bytes


class _Prepared(str):
    """A ciphertext that `pre_save` made. Nothing else may reach the column."""


class EncryptedTextField(models.TextField):
    """Text encrypted in the database. Saving a row works; `update()`, `bulk_update()` and filters raise an error."""

    @property
    def context(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def already_sealed(self, stored: str) -> str:
        """Return a ciphertext of this column as a value that `update()` accepts, for a change of keys."""
        return _Prepared(stored)

    def to_text(self, value: Any) -> str:
        return str(value)

    def from_text(self, text: str) -> Any:
        return text

    def pre_save(self, model_instance: Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        return None if value is None else _Prepared(encrypt(self.to_text(value), context=self.context))

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if value is not None and not isinstance(value, _Prepared):
            raise FieldError(f"{self.context} is encrypted: save the object instead of updating the column.")
        return None if value is None else str(value)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return None if value is None else self.from_text(decrypt(value, context=self.context))

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> Any:
        return None


class EncryptedJSONField(EncryptedTextField):
    """Any JSON value, encrypted as a whole."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def to_text(self, value: Any) -> str:
        return json.dumps(value, cls=DjangoJSONEncoder)

    def from_text(self, text: str) -> Any:
        return json.loads(text)

    def to_python(self, value: Any) -> Any:
        return value


class _PreparedBytes(bytes):
    """The same as `_Prepared`, for a file."""


class EncryptedBytesField(models.BinaryField):
    """A file encrypted in its row: it is saved, rolled back and deleted together with the row."""

    @property
    def context(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def already_sealed(self, stored: bytes) -> bytes:
        """Return a ciphertext of this column as a value that `update()` accepts, for a change of keys."""
        return _PreparedBytes(stored)

    def pre_save(self, model_instance: Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        return None if value is None else _PreparedBytes(encrypt_bytes(bytes(value), context=self.context))

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if value is not None and not isinstance(value, _PreparedBytes):
            raise FieldError(f"{self.context} is encrypted: save the object instead of updating the column.")
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return None if value is None else decrypt_bytes(bytes(value), context=self.context)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> Any:
        return None
