"""Every place where the portal stores encrypted values, and the key that each value needs.

The action `reencrypt` goes through these places, and a backup counts the values of each key. A value is read under a
row lock and written in the same transaction, so no change of somebody else is lost. Rows that somebody else has locked
are left for the next round.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Protocol

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Count, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Substr
from django.db.models.lookups import Exact
from django.utils import timezone

from accounts.models import RosterPart
from accounts.rosters.storage import part_context
from accounts.typed import TYPED
from certification.views.confirmation import CODE
from certification.views.saved_input import SAVED_INPUT
from dispensing.models import PaperPart, seal_of_part
from ui.encryption import DecryptionError, key_id_of, keys, newest_key_id, reseal
from ui.fields import EncryptedBytesField, EncryptedTextField

HEAD = 64  # characters or bytes at the start of a value, enough to hold the id of its key


class Place(Protocol):
    """A table with encrypted values."""

    name: str

    def key_counts(self) -> Counter[str]:
        """Return how many values each key has sealed, keys that are missing in FIELD_KEYS included."""

    def stale(self, *, after: Any, limit: int) -> list[Any]:
        """Return up to `limit` primary keys above `after`, of rows with a value that needs an older key."""

    def reseal(self, pks: list[Any]) -> "Resealed":
        """Seal the values of these rows anew, inside a transaction; skip rows that somebody else has locked."""


@dataclass
class Resealed:
    """How many rows were sealed anew (`done`), and how many hold a value that no key of FIELD_KEYS opens."""

    done: int = 0
    unreadable: int = 0


class SealedColumn:
    """A column that holds one encrypted value, or null, in each row."""

    def __init__(
        self,
        model: type[models.Model],
        field_name: str,
        *,
        context_from: Callable[[dict[str, Any]], str],
        needs: tuple[str, ...] = (),
    ) -> None:
        self.model, self.field_name = model, field_name
        self.context_from, self.needs = context_from, needs
        field: Any = model._meta.get_field(field_name)
        self.name = f"{model._meta.db_table}.{field.column}"
        self.to_update: Callable[[Any], Any] = getattr(field, "already_sealed", bytes)
        # These field types read the stored value as it is: the encrypted field itself would decrypt it.
        self.is_binary = isinstance(field, models.BinaryField)
        self.stored_as: models.Field = models.BinaryField() if self.is_binary else models.TextField()

    def key_counts(self) -> Counter[str]:
        names = {f"key_{place}": key_id for place, key_id in enumerate(keys())}
        found = self._rows().aggregate(
            **{name: Count("pk", filter=self._is_sealed_by(key_id)) for name, key_id in names.items()}
        )
        counts = Counter({key_id: found[name] for name, key_id in names.items() if found[name]})
        lost = self._rows().exclude(reduce(or_, (Q(self._is_sealed_by(key_id)) for key_id in keys())))
        heads = lost.annotate(head=self._head(HEAD)).values_list("head", flat=True)
        counts.update(key_id_of(_plain(head)) for head in heads.iterator())
        return counts

    def stale(self, *, after: Any, limit: int) -> list[Any]:
        rows = self._rows().exclude(self._is_sealed_by(newest_key_id()))
        return list(_following(rows, after).values_list("pk", flat=True)[:limit])

    def reseal(self, pks: list[Any]) -> Resealed:
        result = Resealed()
        for row in _locked(self._rows(), pks).values("pk", "sealed", *self.needs):
            try:
                sealed = reseal(_plain(row["sealed"]), context=self.context_from(row))
            except DecryptionError:
                result.unreadable += 1
                continue
            change = {self.field_name: self.to_update(sealed)}
            self.model._base_manager.filter(pk=row["pk"]).update(**change)
            result.done += 1
        return result

    def _rows(self) -> models.QuerySet:
        stored = ExpressionWrapper(F(self.field_name), output_field=self.stored_as)
        return self.model._base_manager.annotate(sealed=stored).filter(sealed__isnull=False)

    def _head(self, length: int) -> Substr:
        return Substr("sealed", 1, length, output_field=self.stored_as)

    def _is_sealed_by(self, key_id: str) -> Exact:
        prefix = f"{key_id}:"
        value = prefix.encode() if self.is_binary else prefix
        return Exact(self._head(len(value)), Value(value, output_field=self.stored_as))


Slot = tuple[Any, Any, str]  # container, index, context: container[index] is the encrypted value


class SealedEntries:
    """A column of JSON or session data with encrypted values in it. The tables are small, so every row is read."""

    def __init__(
        self, rows: Callable[[], models.QuerySet], field_name: str, slots: Callable[[Any], Iterator[Slot]], codec: Any
    ) -> None:
        self.rows, self.field_name, self.slots, self.codec = rows, field_name, slots, codec
        self.name = f"{rows().model._meta.db_table}.{field_name}"

    def key_counts(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for _pk, data in self._read(self.rows()):
            counts.update(key_id_of(container[index]) for container, index, _context in self.slots(data))
        return counts

    def stale(self, *, after: Any, limit: int) -> list[Any]:
        found = []
        for pk, data in self._read(_following(self.rows(), after)):
            if self._stale_slots(data):
                found.append(pk)
            if len(found) == limit:
                break
        return found

    def reseal(self, pks: list[Any]) -> Resealed:
        result = Resealed()
        for pk, data in self._read(_locked(self.rows(), pks)):
            try:
                for container, index, context in self._stale_slots(data):
                    container[index] = reseal(container[index], context=context)
            except DecryptionError:
                result.unreadable += 1
                continue
            self.rows().filter(pk=pk).update(**{self.field_name: self.codec.encode(data)})
            result.done += 1
        return result

    def _read(self, rows: models.QuerySet) -> Iterator[tuple[Any, Any]]:
        for pk, stored in rows.values_list("pk", self.field_name).iterator():
            yield pk, self.codec.decode(stored)

    def _stale_slots(self, data: Any) -> list[Slot]:
        return [slot for slot in self.slots(data) if key_id_of(slot[0][slot[1]]) != newest_key_id()]


# --- The places -----------------------------------------------------------------------------------------------------


def places() -> list[Place]:
    """Return every place with encrypted values. A test finds callers of `encrypt` that no place covers."""
    columns = [
        SealedColumn(model, field.name, context_from=_of_field(field))
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, (EncryptedTextField, EncryptedBytesField))
    ]
    return [*columns, _roster_parts(), _paper_parts(), _second_factors(), _sessions()]


def key_counts() -> dict[str, Counter[str]]:
    """Return, by the name of each place that is not empty, how many values each key has sealed."""
    found = {place.name: place.key_counts() for place in places()}
    return {name: counts for name, counts in found.items() if counts}


def _of_field(field: Any) -> Callable[..., str]:
    return lambda row: field.context


def _roster_parts() -> SealedColumn:
    def context(row: dict) -> str:
        return part_context(row["upload_id"], row["position"])

    return SealedColumn(RosterPart, "data", context_from=context, needs=("upload_id", "position"))


def _paper_parts() -> SealedColumn:
    def context(row: dict) -> str:
        return seal_of_part(row["paper_id"], row["position"])

    return SealedColumn(PaperPart, "data", context_from=context, needs=("paper_id", "position"))


class _AsItIs:
    @staticmethod
    def encode(data: Any) -> Any:
        return data

    decode = encode


def _second_factors() -> SealedEntries:
    context = f"{Authenticator._meta.db_table}.data"  # as accounts.adapters.MFAAdapter seals them

    def slots(data: dict) -> Iterator[Slot]:
        yield from ((data, name, context) for name in ("secret", "seed") if name in data)
        codes = data.get("migrated_codes") or []
        yield from ((codes, index, context) for index in range(len(codes)))

    passkeys = Authenticator.Type.WEBAUTHN  # they hold public keys only
    return SealedEntries(lambda: Authenticator.objects.exclude(type=passkeys), "data", slots, _AsItIs)


def _sessions() -> SealedEntries:
    """Return the place for the open sessions. The context of an encrypted entry is the name of the entry."""
    parts = {SAVED_INPUT: "typed", CODE: "code"}

    def slots(data: dict) -> Iterator[Slot]:
        yield from ((data[name], part, name) for name, part in parts.items() if data.get(name))
        yield from ((entry, "typed", TYPED) for entry in data.get(TYPED, []))

    open_sessions = Session.objects.filter(expire_date__gt=timezone.now())
    store: Any = Session.get_session_store_class()
    return SealedEntries(open_sessions.all, "session_data", slots, store())


# --- Rows -----------------------------------------------------------------------------------------------------------


def _following(rows: models.QuerySet, after: Any) -> models.QuerySet:
    return (rows if after is None else rows.filter(pk__gt=after)).order_by("pk")


def _locked(rows: models.QuerySet, pks: list[Any]) -> models.QuerySet:
    """Return these rows, locked.

    Rows that somebody else has locked are left out: to wait for one row while holding others could cause a deadlock.
    """
    return rows.filter(pk__in=pks).select_for_update(skip_locked=True, no_key=True).order_by("pk")


def _plain(stored: Any) -> Any:
    """Return a binary value as bytes (the driver of PostgreSQL gives a memoryview), and a text as it is."""
    return stored if isinstance(stored, str) else bytes(stored)
