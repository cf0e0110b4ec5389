"""Lock rows until the transaction ends. Each function runs inside the caller's transaction."""

from typing import TypeVar

from django.db.models import Model

Row = TypeVar("Row", bound=Model)


def lock(row: Row) -> Row:
    """Return `row` as the database has it now, locked until the caller's transaction ends."""
    return lock_by_pk(row.__class__, row.pk)  # `request.user` is a proxy: its `type` is no model


def lock_by_pk(model: type[Row], pk: int | None) -> Row:
    """Return the row of `model` with this key, locked until the caller's transaction ends."""
    return model._default_manager.select_for_update(no_key=True, of=("self",)).get(pk=pk)
