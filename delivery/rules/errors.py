"""The expected refusals of this app."""

from collections.abc import Callable
from typing import ParamSpec

from ui.errors import PortalError

Arguments = ParamSpec("Arguments")


class DeliveryError(PortalError):
    """An expected refusal of this app."""


class TransitionError(DeliveryError):
    """The order is not in a state that allows this."""


class OrdererError(DeliveryError):
    """This account may not order for this patient."""


class CallerError(DeliveryError):
    """Who calls is not whom the card names."""


class CallsClosed(CallerError):
    """Too many answers did not fit this card in the last hour."""


class CertificationNotValid(DeliveryError):
    """No certification is valid on the delivery day."""


class PolicyError(DeliveryError):
    """Terms of delivery that cannot be set."""


class WindowError(DeliveryError):
    """The window is closed, full or too near."""


class MinimumError(DeliveryError):
    """The order is below the minimum."""


class AllotmentError(DeliveryError):
    """The order is more than what is left of the monthly allotment."""


class StockError(DeliveryError):
    """There is less of a product than was asked for."""


class ProductError(DeliveryError):
    """The product cannot be ordered by this patient."""


class QuantityError(DeliveryError):
    """The quantity is not a number that can be ordered."""


class AddressError(DeliveryError):
    """We cannot deliver to this address."""


class PaymentError(DeliveryError):
    """Neither cash nor debit."""


class ChangedError(DeliveryError):
    """The order is not what the person saw."""


class RepeatedWithOtherContent(DeliveryError):
    """The same form was sent before with other content."""


def refusal_of(check: Callable[Arguments, None], *args: Arguments.args, **kwargs: Arguments.kwargs) -> str:
    """Return the sentence with which a check refuses, or an empty text when it passes."""
    try:
        check(*args, **kwargs)
    except DeliveryError as error:
        return str(error)
    return ""
