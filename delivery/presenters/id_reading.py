"""What the driver's page reads about a scanned photo ID."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from delivery import rules
from delivery.licenses import License
from delivery.rules.photo_ids import Comparison


def said_of(license: License, compared: Comparison, *, today: date) -> dict[str, Any]:
    """Return what is filled into the boxes, whose ID it is, and the sentences; `is_fine` is whether nothing differs."""
    expired = rules.refusal_of(rules.check_id_is_current, license.expires_date, day=today)
    sentences = [*compared.differences, *([expired] if expired else [])]
    if compared.differences:
        sentences.append(_("Call our pharmacists: one of them decides. Nothing is handed over before."))
    fits = _("Name and birth date are those of %(name)s.") % {"name": compared.name}
    return {
        "fields": {
            "id_number": license.number,
            "id_state": license.issuer,
            "id_expires_date": license.expires_date.strftime("%m/%d/%Y"),
        },
        "received_by": compared.received_by,
        "is_fine": not sentences,
        "sentences": sentences or [fits],
    }
