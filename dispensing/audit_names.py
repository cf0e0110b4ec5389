"""How units and papers are named in the audit trail."""

from audit import names
from audit.names import Name
from dispensing.models import Paper


def register() -> None:
    """Tell the audit trail how to name the rows of this app."""
    names.register(
        "dispensing.dispensedunit",
        "serial",
        "product__name",
        say=lambda serial, name: Name(f"{serial:06d}", name),
    )
    names.register(
        "dispensing.paper",
        "kind",
        "first_date",
        "last_date",
        say=lambda kind, first, last: Name(f"{Paper.Kind(kind).label}, {first} – {last}"),
    )
    names.register("dispensing.destruction", "pk", say=lambda number: Name(f"destruction {number}"))
    names.register(
        "dispensing.labelprint",
        "unit__serial",
        "copy",
        say=lambda serial, copy: Name(f"label {serial:06d}, print {copy}"),
    )
    names.register("dispensing.papername", "full_name", say=Name)
