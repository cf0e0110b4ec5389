"""Every public action of every app is audited, or docs/adr/0001 says why not."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parents[2]
APPS = ["accounts", "audit", "certification", "delivery", "dispensing", "notifications", "pages"]
ADR = BASE_DIR / "docs" / "adr" / "0001-actions-are-the-one-write-layer.md"
# Not actions themselves: what makes an action, and what writes its events.
TOOLS = {"audited", "record", "record_many", "is_lock_trouble"}


def public_actions(app):
    module = import_module(f"{app}.actions")
    return [
        (name, function)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_")
        and name not in TOOLS
        and inspect.unwrap(function).__module__.startswith(f"{app}.actions")
    ]


ACTIONS = [(f"{app}.{name}", name, function) for app in APPS for name, function in public_actions(app)]


def is_audited(function):
    return hasattr(function, "__wrapped__")


@pytest.mark.parametrize(
    ("name", "function"), [action[1:] for action in ACTIONS], ids=[full_name for full_name, *_rest in ACTIONS]
)
def test_every_action_is_audited_or_its_decision_says_why_not(name, function):
    assert is_audited(function) or f"`{name}`" in ADR.read_text()


def test_a_plain_function_is_found_not_to_be_audited():
    assert not is_audited(public_actions)
