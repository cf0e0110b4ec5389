"""The names of all events that the code records, read from its source."""

import ast
from itertools import product
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
APPS = ("accounts", "audit", "certification", "delivery", "dispensing", "notifications", "pages", "ui")
# What stands in a name that is put together: `record(action=f"order.{status}")`. What is not here fails the test.
PARTS = {
    "status": ["cancelled", "refused", "lapsed"],
    "kind": {"certification.amend_": ["contact", "allotment", "condition", "identity"],
             "stock.": ["received", "counted", "written_off", "quarantined"]},
    "step": ["profile", "condition", "caregiver", "statement"],
}  # fmt: skip
# The admin's own list and page, of any model: tested by walking the admin.
OF_ANY_MODEL = {"self.opts.model_name", "model_admin.opts.model_name"}


def recorded_actions():
    """Return every name with which `record` or `audited` is called."""
    found = set()
    for app in APPS:
        for path in (BASE_DIR / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    found |= set(_names_in(node))
    return found


def _names_in(call):
    called = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if called == "audited" and call.args:
        yield from _values(call.args[0])
    if called in ("record", "record_many"):
        for keyword in call.keywords:
            if keyword.arg == "action":
                yield from _values(keyword.value)


def _values(node):
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*_values(node.body), *_values(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return _put_together(node)
    assert isinstance(node, ast.Name) and node.id == "name", f"which events does {ast.unparse(node)} name?"
    return []  # inside `audited` itself


def _put_together(node):
    if any(isinstance(part, ast.FormattedValue) and ast.unparse(part.value) in OF_ANY_MODEL for part in node.values):
        return []
    before, choices = "", []
    for part in node.values:
        if isinstance(part, ast.Constant):
            choices.append([part.value])
            before += part.value
        else:
            known = PARTS[ast.unparse(part.value)]
            choices.append(known if isinstance(known, list) else known[before])
    return ["".join(parts) for parts in product(*choices)]
