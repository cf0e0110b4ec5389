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
    names.register("dispensing.reportfile", "name", say=lambda name: Name(name))
    names.register("dispensing.reportrecord", "unit", "kind", say=lambda unit, kind: Name(f"{unit:06d}", kind))
    names.register("dispensing.reportanswer", "received_at", say=lambda at: Name(f"{at:%Y-%m-%d %H:%M}"))
