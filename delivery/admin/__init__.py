"""The desks of staff; each noun has its own module."""

from delivery.admin import allotment, orders, products, stock, windows

__all__ = ["allotment", "orders", "products", "stock", "windows"]
