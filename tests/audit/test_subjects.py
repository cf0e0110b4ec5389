"""Each action says what a refusal is about, and gives the name of its event once."""

import ast
from pathlib import Path

import pytest
from django.apps import apps

from tests.audit.actions_in_code import APPS, BASE_DIR

pytestmark = pytest.mark.once
MANY = {"Iterable", "Sequence", "Collection", "QuerySet", "Mapping", "list", "dict", "set"}


def faults(source):
    """Return the actions of a module without a subject although they take a row, and those that repeat their name."""
    found = []
    for function in ast.walk(ast.parse(source)):
        for mark in getattr(function, "decorator_list", []):
            if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "audited":
                if takes_a_row(function) and "subject" not in {keyword.arg for keyword in mark.keywords}:
                    found.append(f"{function.name} names no subject")
                if mark.args[0].value in names_recorded_in(function):
                    found.append(f"{function.name} repeats its name")
    return found


def takes_a_row(function):
    models = {model.__name__ for model in apps.get_models()}
    written = [ast.unparse(argument.annotation) for argument in function.args.kwonlyargs if argument.arg != "by"]
    words = [{node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)} for text in written]
    return any(of & models and not of & MANY for of in words)


def names_recorded_in(function):
    calls = [
        node for node in ast.walk(function) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record"
    ]
    values = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "action"]
    return {value.value for value in values if isinstance(value, ast.Constant)}


MODULES = sorted(path for app in APPS for path in (Path(BASE_DIR) / app).rglob("*.py") if "actions" in str(path))


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(BASE_DIR)) for path in MODULES])
def test_every_action_names_its_subject_and_its_event_once(path):
    assert faults(path.read_text()) == []


def test_control_an_action_without_a_subject_and_one_that_repeats_its_name_are_found():
    planted = """
@audited("order.place")
def place_order(*, order: Order, by: User) -> Order:
    record(action="order.place", by=by, subject=order)
"""
    assert faults(planted) == ["place_order names no subject", "place_order repeats its name"]
