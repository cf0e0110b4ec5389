"""What the home page of patients and caregivers says about recalls."""

from typing import Any

from django import template

from accounts.models import User
from dispensing.rules import recalled_for
from ui.prepared import Prepared

register = template.Library()


@register.inclusion_tag("dispensing/_recalls.html")
def recalls_of(user: User) -> dict[str, Any]:
    """Show a link to each recall about which the account has not answered."""
    return {"recalls": _recalls.rows(user=user.pk)}


_recalls = Prepared(lambda *, user: recalled_for(user).of_open_recalls().waiting().select_related("recall"))
