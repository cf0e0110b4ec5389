"""The menu that the demo starts with: 30 products in seven forms, as a dispensary would sell them.

Flower counts as its own weight. Everything else counts as the flower equivalent of its cannabinoids. The monitoring
report counts flower, vapes and concentrates in grams, tinctures in milliliters, and all else in pieces. The codes are
made up.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from delivery.demo_texts import TEXTS
from delivery.demo_texts_es import TEXTS_ES
from delivery.models import Product
from delivery.models.drawings import Drawing

F, U = Product.Form, Product.ReportUnit
INHALED = {F.FLOWER, F.VAPE, F.CONCENTRATE}
UNITS = {F.FLOWER: U.GRAMS, F.VAPE: U.GRAMS, F.CONCENTRATE: U.GRAMS, F.TINCTURE: U.MILLILITERS}
DAYS = {F.FLOWER: 7, F.VAPE: 14, F.CONCENTRATE: 14, F.EDIBLE: 10}  # that one item lasts; all else 30
GOOD_DAYS = 300  # of a lot that was received just now
SOON_DAYS = 12
PRODUCERS = ("Shoreline Growers", "Nutmeg Gardens")
WITH_TWO_LOTS = {"FL-HARBOR-35", "ED-BERRY-100", "TI-BALANCE-300"}
ENDS_SOON, WITHOUT_DETAILS = "VP-NIGHT-500", "TO-PATCH-5"  # what staff see of such lots
DRAWN = {  # unless as the usual one of its form
    "FL-ELM-7": Drawing.GROUND,
    "VP-DAY-300": Drawing.PEN,
    "ED-COCOA-100": Drawing.CHOCOLATE,
    "ED-BROWNIE-20": Drawing.BROWNIE,
    "ED-MINT-50": Drawing.LOZENGES,
    "TO-LOTION-150": Drawing.LOTION,
    "TO-PATCH-5": Drawing.PATCHES,
    "CO-OIL-1000": Drawing.SYRINGE,
}
_codes = count(1)


@dataclass(frozen=True)
class DemoLot:
    """A lot of the demo: how many items came of it, and what its label says, as `LotDetails` takes it, if known."""

    number: str
    quantity: int
    details: dict[str, Any] | None


def _product(
    form: Product.Form,
    sku: str,
    price_cents: int,
    thc_mg: int,
    cbd_mg: int,
    stock: int,
    weight_mg: int | None = None,
    *,
    reported: str = "1",
) -> dict[str, Any]:
    return {
        "report_code": f"99999{next(_codes):06d}",
        "report_unit": UNITS.get(form, U.EACH),
        "report_quantity": Decimal(weight_mg or 0) / 1000 or Decimal(reported),
        "days_supply": DAYS.get(form, 30),
        "sku": sku,
        **TEXTS[sku],
        **TEXTS_ES[sku],
        "drawing": DRAWN.get(sku, ""),
        "form": form,
        "price_cents": price_cents,
        "weight_mg": weight_mg,
        "thc_mg": thc_mg,
        "cbd_mg": cbd_mg,
        "is_inhaled": form in INHALED,
        "stock": stock,
    }


PRODUCTS = [
    # form, SKU, price in cents, THC in mg, CBD in mg, stock, own weight in mg, quantity in the report
    _product(F.FLOWER, "FL-HARBOR-35", 4500, 735, 4, 60, 3_500),
    _product(F.FLOWER, "FL-CHARTER-35", 5000, 840, 4, 45, 3_500),
    _product(F.FLOWER, "FL-SOUND-35", 4200, 280, 315, 30, 3_500),
    _product(F.FLOWER, "FL-HARBOR-7", 8200, 1_470, 7, 25, 7_000),
    _product(F.FLOWER, "FL-ELM-7", 6200, 1_190, 7, 3, 7_000),
    _product(F.FLOWER, "FL-RIDGE-14", 12000, 3_080, 14, 12, 14_000),
    _product(F.VAPE, "VP-HARBOR-500", 3800, 500, 0, 40, reported="0.5"),
    _product(F.VAPE, "VP-BALANCE-500", 4000, 250, 250, 22, reported="0.5"),
    _product(F.VAPE, "VP-NIGHT-500", 4200, 440, 20, 3, reported="0.5"),
    _product(F.VAPE, "VP-DAY-300", 3200, 270, 0, 28, reported="0.3"),
    _product(F.VAPE, "VP-CHARTER-1000", 6800, 850, 10, 0),
    _product(F.EDIBLE, "ED-BERRY-100", 2400, 100, 0, 80, reported="20"),
    _product(F.EDIBLE, "ED-CITRUS-100", 2600, 100, 100, 50, reported="20"),
    _product(F.EDIBLE, "ED-COCOA-100", 2800, 100, 0, 36, reported="10"),
    _product(F.EDIBLE, "ED-BROWNIE-20", 1200, 20, 0, 40),
    _product(F.EDIBLE, "ED-MINT-50", 1800, 50, 0, 3, reported="20"),
    _product(F.TINCTURE, "TI-DAY-300", 4800, 300, 0, 30, reported="30"),
    _product(F.TINCTURE, "TI-BALANCE-300", 4600, 150, 150, 34, reported="30"),
    _product(F.TINCTURE, "TI-CALM-600", 6400, 30, 600, 18, reported="30"),
    _product(F.TINCTURE, "TI-NIGHT-600", 7600, 600, 30, 14, reported="30"),
    _product(F.CAPSULE, "CA-LOW-75", 2900, 75, 0, 44, reported="30"),
    _product(F.CAPSULE, "CA-STEADY-300", 5800, 300, 0, 26, reported="30"),
    _product(F.CAPSULE, "CA-BALANCE-150", 4400, 150, 150, 24, reported="30"),
    _product(F.CAPSULE, "CA-STRONG-600", 8800, 600, 0, 9, reported="30"),
    _product(F.TOPICAL, "TO-BALM-200", 3400, 100, 100, 32),
    _product(F.TOPICAL, "TO-LOTION-150", 3000, 25, 125, 20),
    _product(F.TOPICAL, "TO-PATCH-5", 5200, 100, 0, 3, reported="5"),
    _product(F.CONCENTRATE, "CO-WAX-500", 3600, 390, 0, 16, reported="0.5"),
    _product(F.CONCENTRATE, "CO-ROSIN-1000", 7200, 760, 2, 11),
    _product(F.CONCENTRATE, "CO-OIL-1000", 6600, 700, 40, 13),
]


def lots_of(fields: dict[str, Any], *, today: date) -> list[DemoLot]:
    """Return the lots in which the stock of a product comes, the first to expire first; none of what is sold out."""
    sku, stock = fields["sku"], fields["stock"]
    second = stock // 3 if sku in WITH_TWO_LOTS else 0
    good_days = SOON_DAYS if sku == ENDS_SOON else GOOD_DAYS
    found = [DemoLot(f"LOT-{sku}", stock - second, _label(fields, today + timedelta(days=good_days)))]
    if sku == WITHOUT_DETAILS:
        found = [DemoLot(f"LOT-{sku}", stock, None)]
    if second:
        found.append(DemoLot(f"LOT-{sku}-B", second, _label(fields, today + timedelta(days=GOOD_DAYS + 60))))
    return found if stock else []


def _label(fields: dict[str, Any], last_day: date) -> dict[str, Any]:
    producer = PRODUCERS[fields["form"] == F.FLOWER]
    amounts = {name: fields[name] for name in ("thc_mg", "cbd_mg")}
    return {"producer": producer, "expires_date": last_day, **amounts}
