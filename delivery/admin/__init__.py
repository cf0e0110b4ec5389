"""The desks of staff; each noun has its own module."""

from delivery.admin import orders, products, stock, windows

__all__ = ["orders", "products", "stock", "windows"]
