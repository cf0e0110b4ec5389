"""Mail the newest seal of the audit once a day, so that it leaves the database."""

from datetime import date

from accounts.models import User
from audit.actions import audited
from audit.models import Seal
from audit.rules import outside_line
from notifications.actions import queue_many


@audited("seal.mail")
def mail_newest_seal(*, today: date, by: User | None) -> int:
    """Queue the newest seal's digest for each account of the group Auditor, once a day; return how many.

    Somebody who rewrites events and seals in the database cannot rewrite what was mailed before.
    """
    newest = Seal.objects.order_by("pk").last()
    if newest is None:
        return 0
    auditors = list(User.objects.filter(is_active=True, groups__name="Auditor"))
    queue_many(
        messages=[
            {
                "kind": "audit_sealed",
                "recipient": auditor.email,
                "context": {"line": outside_line(newest)},
                "dedupe_key": f"audit_sealed:{today:%Y-%m-%d}:{auditor.pk}",
            }
            for auditor in auditors
        ],
        by=by,
    )
    return len(auditors)
