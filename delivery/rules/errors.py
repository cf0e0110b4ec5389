"""The expected refusals of this app, and how to read the sentence of a refusal."""

from collections.abc import Callable
from typing import ParamSpec

from ui.errors import PortalError

Arguments = ParamSpec("Arguments")


class DeliveryError(PortalError):
    """An expected refusal of this app."""


class TransitionError(DeliveryError):
    """The status of the order does not allow this."""


class ReviewError(DeliveryError):
    """A pharmacist has not stated the review in the monitoring program or the days' supply, or not like that."""


class OrdererError(DeliveryError):
    """This account may not order for this patient."""


class CallerError(DeliveryError):
    """The caller's answers do not fit the card."""


class CallsClosed(CallerError):
    """Too many calls for this card failed in the last hour."""


class CertificationNotValid(DeliveryError):
    """No certification is valid on the delivery day."""


class PolicyError(DeliveryError):
    """These terms of delivery cannot be set."""


class WindowError(DeliveryError):
    """The window is closed, full or too soon."""


class MinimumError(DeliveryError):
    """The order is below the minimum."""


class AllotmentError(DeliveryError):
    """The order is larger than what is left of the monthly allotment."""


class StockError(DeliveryError):
    """There is less of a product than was asked for."""


class ProductError(DeliveryError):
    """The product cannot be ordered by this patient."""


class QuantityError(DeliveryError):
    """This quantity cannot be ordered, received or counted."""


class AddressError(DeliveryError):
    """We cannot deliver to this address."""


class PaymentError(DeliveryError):
    """The payment is neither cash nor debit."""


class RunError(DeliveryError):
    """This run, its driver or its orders cannot be changed like that."""


class HandOverError(DeliveryError):
    """The order cannot be handed over, brought back or taken in like that."""


class ReturnError(DeliveryError):
    """A decision about a returned item that is not possible."""


class CorrectionError(DeliveryError):
    """The hand-over cannot be corrected like that, or a line of it cannot be reported."""


class ChangedError(DeliveryError):
    """The total is no longer what the page showed."""


class RepeatedWithOtherContent(DeliveryError):
    """The same form was sent before with other content."""


def refusal_of(check: Callable[Arguments, None], *args: Arguments.args, **kwargs: Arguments.kwargs) -> str:
    """Return the sentence with which a check refuses, or an empty text when it passes."""
    try:
        check(*args, **kwargs)
    except DeliveryError as error:
        return str(error)
    return ""
