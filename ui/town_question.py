"""The question about a town that does not fit its ZIP code, for every form with an address."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ui.forms import PortalForm
from ui.zip_codes import names_another_town

LONGEST_TOWN = 100


class AsksAboutTown(PortalForm):
    """A form with `city` and `zip_code`. A town with another town's ZIP code is taken once a box is ticked.

    The box is there only while there is a doubt, and not for a step that is finished later. It is no answer: the
    cleaned data do not hold it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self._is_in_doubt() and not getattr(self, "is_partial", False):
            self.fields["confirmed_town"] = forms.BooleanField(
                label=_("Yes, the town and the ZIP code are right"),
                error_messages={
                    "required": _("This ZIP code is of another town. Correct one of them, or tick the box.")
                },
            )
            names = list(self.fields)
            self.order_fields([*names[: names.index("zip_code") + 1], "confirmed_town"])

    def _is_in_doubt(self) -> bool:
        city, zip_code = (str(self.data.get(self.add_prefix(name), "")).strip() for name in ("city", "zip_code"))
        return names_another_town(city[:LONGEST_TOWN], zip_code[:5])

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        answers.pop("confirmed_town", None)
        return answers
