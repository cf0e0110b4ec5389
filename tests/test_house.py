"""Rules for the whole project: the arguments of actions, and a test for each check."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
APPS = ["accounts", "certification", "delivery", "notifications", "pages"]
TESTS = "\n".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))


def functions(module_name):
    module = import_module(module_name)
    return [
        (name, function)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and inspect.unwrap(function).__module__.startswith(module_name)
    ]


ACTIONS = [(f"{app}.{name}", function) for app in APPS for name, function in functions(f"{app}.actions")]
ACTIONS += [
    (f"{module}.{name}", function)
    for module in ("calls", "letters", "texting")
    for name, function in functions(f"notifications.actions.{module}")
]
CHECKS = sorted(
    {name for app in APPS[:3] + ["pages"] for name, _ in functions(f"{app}.rules") if name.startswith("check_")}
)


@pytest.mark.parametrize(("name", "action"), ACTIONS, ids=[name for name, _ in ACTIONS])
def test_every_action_is_keyword_only_and_takes_by(name, action):
    parameters = inspect.signature(inspect.unwrap(action)).parameters.values()
    assert all(given.kind in (given.KEYWORD_ONLY, given.VAR_KEYWORD) for given in parameters)
    assert "by" in {given.name for given in parameters}


@pytest.mark.parametrize(("name", "action"), ACTIONS, ids=[name for name, _ in ACTIONS])
def test_every_action_has_a_docstring(name, action):
    assert inspect.getdoc(action)


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_has_a_test_of_its_name(check):
    assert re.search(rf"def test_{check}", TESTS), f"no test is named test_{check}…"
