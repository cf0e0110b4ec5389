"""Every public action of the lower apps is audited, or docs/adr/0001 says why not; no action imports another one's."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parents[2]
APPS = ["accounts", "audit", "notifications"]
ADR = BASE_DIR / "docs" / "adr" / "0001-actions-are-the-one-write-layer.md"
# Not actions themselves: what makes an action and what writes its event.
TOOLS = {"audited", "record"}


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
    ("name", "function"), [(name, one) for _id, name, one in ACTIONS], ids=[one[0] for one in ACTIONS]
)
def test_every_action_is_audited_or_its_decision_says_why_not(name, function):
    assert is_audited(function) or f"`{name}`" in ADR.read_text()


def test_a_plain_function_is_found_not_to_be_audited():
    assert not is_audited(public_actions)


def imported_modules(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def sibling_imports(source):
    return [name for name in imported_modules(source) if name.startswith("accounts.actions")]


@pytest.mark.parametrize("path", sorted((BASE_DIR / "accounts").glob("actions/[a-z]*.py")), ids=lambda path: path.stem)
def test_no_action_of_accounts_imports_another_one(path):
    assert sibling_imports(path.read_text()) == []


def test_an_import_of_another_action_is_found():
    assert sibling_imports("from accounts.actions.bindings import disown_binding") == ["accounts.actions.bindings"]
