"""The tables of this app; each noun has its own module."""

from delivery.models.allotment import AllotmentEntry
from delivery.models.calls import FailedCall
from delivery.models.closures import AffectedOrder, Closure
from delivery.models.corrections import HandOverCorrection, ItemReport
from delivery.models.favorites import Favorite
from delivery.models.hand_overs import DoorAttempt, HandOver
from delivery.models.id_differences import IdDifference
from delivery.models.lots import Lot
from delivery.models.orders import Order, OrderLine
from delivery.models.plans import WindowPlan
from delivery.models.products import Product, ProductPhoto
from delivery.models.refused_lines import RefusedLine
from delivery.models.returns import ReturnDecision, ReturnedItem
from delivery.models.runs import Run
from delivery.models.shortages import Shortage
from delivery.models.stock import StockMovement
from delivery.models.waiting import WaitingEntry
from delivery.models.windows import DeliveryPolicy, DeliveryWindow

__all__ = [
    "AffectedOrder",
    "AllotmentEntry",
    "Closure",
    "DeliveryPolicy",
    "DeliveryWindow",
    "DoorAttempt",
    "FailedCall",
    "Favorite",
    "HandOver",
    "HandOverCorrection",
    "ItemReport",
    "IdDifference",
    "Lot",
    "Order",
    "OrderLine",
    "Product",
    "ProductPhoto",
    "ReturnDecision",
    "ReturnedItem",
    "RefusedLine",
    "Run",
    "Shortage",
    "StockMovement",
    "WaitingEntry",
    "WindowPlan",
]
