"""How units are named in the audit trail."""

from audit import names
from audit.names import Name


def register() -> None:
    """Tell the audit trail how to name the rows of this app."""
    names.register(
        "dispensing.dispensedunit",
        "serial",
        "product__name",
        say=lambda serial, name: Name(f"{serial:06d}", name),
    )
    names.register("dispensing.recall", "lot_number", say=lambda number: Name(number, "Recall"))
