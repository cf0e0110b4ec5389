"""The action pages of an order at the door: a pharmacist decides about a photo ID."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionPage
from certification.models import Caregiver, Patient
from delivery import actions, rules
from delivery.admin.order_words import about
from delivery.models import HandOver, Order
from ui.forms import PortalForm

ALLOW, REFUSE = "allow", "refuse"


class PhotoIdForm(PortalForm):
    """A Pharmacist's decision about a photo ID: the difference, and whether the order may be handed over."""

    received_by = forms.ChoiceField(
        label=_("Whose photo ID"), choices=HandOver.ReceivedBy, widget=forms.RadioSelect,
        error_messages={"required": _("Choose whose photo ID it is.")},
    )  # fmt: skip
    words = forms.CharField(
        label=_("What differs"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("As the driver tells you, for example: the ID says Ortiz. It is encrypted."),
        error_messages={"required": _("Enter what differs, as the driver tells you.")},
    )  # fmt: skip
    decision = forms.ChoiceField(
        label=_("Decision"), widget=forms.RadioSelect,
        choices=[(ALLOW, _("Allow: the driver hands the order over")), (REFUSE, _("Do not allow: it comes back"))],
        error_messages={"required": _("Choose whether the order may be handed over.")},
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Why"), max_length=300, help_text=_("The driver reads it, so leave out what the ID says."),
        error_messages={"required": _("Enter why you decide so.")},
    )  # fmt: skip


def _explain_photo_id(order: Order) -> str:
    receivers = rules.receivers_of(order.patient, at=timezone.now())
    records = [_record_of(by, person) for by, person in receivers.items()]
    decided = [_decided(each) for each in order.id_differences.standing() if each.decided_at]
    return "\n".join([about(order), *records, *decided, gettext("The driver waits at the door for your decision.")])


def _record_of(received_by: str, person: Patient | Caregiver) -> str:
    words = {"who": HandOver.ReceivedBy(received_by).label, "name": person.name, "day": _day(person.birth_date)}
    return gettext("%(who)s in our record: %(name)s, born %(day)s.") % words


def _day(day: Any) -> str:
    return date_format(day, "DAY_FORMAT")


def _decided(difference: Any) -> str:
    words = gettext("Allowed: %(reason)s") if difference.is_allowed else gettext("Not allowed: %(reason)s")
    return words % {"reason": difference.reason}


def _begin_photo_id(order: Order) -> dict[str, Any]:
    waiting = order.id_differences.undecided().first()
    return {"received_by": waiting.received_by, "words": waiting.words} if waiting else {}


DOOR_PAGES = (
    ActionPage(
        name="photo-id",
        label=_("Decide on a photo ID"),
        permission="delivery.confirm_order",
        offered=lambda order: order.status == Order.Status.OUT_FOR_DELIVERY,
        explain=_explain_photo_id,
        perform=lambda order, request, decision, **answers: actions.decide_id_difference(
            order=order, is_allowed=decision == ALLOW, **answers, by=request.user
        ),
        form_class=PhotoIdForm,
        initial=_begin_photo_id,
    ),
)
