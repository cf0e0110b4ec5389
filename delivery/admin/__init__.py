"""The pages of staff in the admin; each noun has its own module."""

from delivery.admin import (
    allotment,
    closures,
    corrections,
    hand_overs,
    lots,
    orders,
    policies,
    products,
    reports,
    returns,
    runs,
    stock,
    windows,
)

__all__ = [
    "allotment",
    "closures",
    "corrections",
    "hand_overs",
    "lots",
    "orders",
    "policies",
    "products",
    "reports",
    "returns",
    "runs",
    "stock",
    "windows",
]
