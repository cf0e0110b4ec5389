"""Read the values of a PDF. Any of them may be a reference to an object elsewhere in the file."""

from typing import Any

from pypdf.generic import BooleanObject, DictionaryObject, NullObject


def value_of(thing: DictionaryObject, key: str, default: Any = None) -> Any:
    """Return what a dictionary holds under a key, with references followed; `default` where it holds nothing or null.

    pypdf's own `get` returns a reference as it stands, which equals no name, and its `false` counts as true.
    """
    value = thing.get(key, NullObject()).get_object()
    if isinstance(value, BooleanObject):
        return value.value
    return default if isinstance(value, NullObject) else value
