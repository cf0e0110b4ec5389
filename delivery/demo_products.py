"""The menu that the demo starts with: 30 products in seven forms, as a dispensary would sell them.

Flower counts as its own weight. Everything else counts as the flower equivalent of its cannabinoids. The codes of the
monitoring report, the producers and the lots are made up.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from delivery.models import Product

F = Product.Form
INHALED = {F.FLOWER, F.VAPE, F.CONCENTRATE}


def _product(
    form: Product.Form,
    sku: str,
    name: str,
    price_cents: int,
    thc_mg: int,
    cbd_mg: int,
    stock: int,
    weight_mg: int | None = None,
) -> dict[str, Any]:
    return {
        "sku": sku,
        "name": name,
        "form": form,
        "price_cents": price_cents,
        "weight_mg": weight_mg,
        "thc_mg": thc_mg,
        "cbd_mg": cbd_mg,
        "is_inhaled": form in INHALED,
        "stock": stock,
    }


PRODUCTS = [
    # form, SKU, name, price in cents, THC in mg, CBD in mg, stock, own weight in mg
    _product(F.FLOWER, "FL-HARBOR-35", "Harbor Haze, whole flower, 3.5 g", 4500, 735, 4, 60, 3_500),
    _product(F.FLOWER, "FL-CHARTER-35", "Charter Oak Kush, whole flower, 3.5 g", 5000, 840, 4, 45, 3_500),
    _product(F.FLOWER, "FL-SOUND-35", "Quiet Sound, balanced flower, 3.5 g", 4200, 280, 315, 30, 3_500),
    _product(F.FLOWER, "FL-HARBOR-7", "Harbor Haze, whole flower, 7 g", 8200, 1_470, 7, 25, 7_000),
    _product(F.FLOWER, "FL-ELM-7", "Elm City Ground, ready to pack, 7 g", 6200, 1_190, 7, 3, 7_000),
    _product(F.FLOWER, "FL-RIDGE-14", "Ridgeline Reserve, whole flower, 14 g", 12000, 3_080, 14, 12, 14_000),
    _product(F.VAPE, "VP-HARBOR-500", "Harbor Haze cartridge, 500 mg", 3800, 500, 0, 40),
    _product(F.VAPE, "VP-BALANCE-500", "Balance 1:1 cartridge, 500 mg", 4000, 250, 250, 22),
    _product(F.VAPE, "VP-NIGHT-500", "Night Ferry cartridge, 500 mg", 4200, 440, 20, 3),
    _product(F.VAPE, "VP-DAY-300", "Daylight all-in-one pen, 300 mg", 3200, 270, 0, 28),
    _product(F.VAPE, "VP-CHARTER-1000", "Charter Oak cartridge, 1 g", 6800, 850, 10, 0),
    _product(F.EDIBLE, "ED-BERRY-100", "Blueberry soft chews, 20 pieces of 5 mg", 2400, 100, 0, 80),
    _product(F.EDIBLE, "ED-CITRUS-100", "Citrus soft chews 1:1, 20 pieces of 5 mg", 2600, 100, 100, 50),
    _product(F.EDIBLE, "ED-COCOA-100", "Dark chocolate bar, 10 squares of 10 mg", 2800, 100, 0, 36),
    _product(F.EDIBLE, "ED-BROWNIE-20", "Brownie, one piece of 20 mg", 1200, 20, 0, 40),
    _product(F.EDIBLE, "ED-MINT-50", "Peppermint lozenges, 20 pieces of 2.5 mg", 1800, 50, 0, 3),
    _product(F.TINCTURE, "TI-DAY-300", "Daytime drops, 30 mL, 300 mg THC", 4800, 300, 0, 30),
    _product(F.TINCTURE, "TI-BALANCE-300", "Balance drops 1:1, 30 mL, 150 mg of each", 4600, 150, 150, 34),
    _product(F.TINCTURE, "TI-CALM-600", "Calm drops 1:20, 30 mL, mostly CBD", 6400, 30, 600, 18),
    _product(F.TINCTURE, "TI-NIGHT-600", "Evening drops, 30 mL, 600 mg THC", 7600, 600, 30, 14),
    _product(F.CAPSULE, "CA-LOW-75", "Low-dose capsules, 30 of 2.5 mg", 2900, 75, 0, 44),
    _product(F.CAPSULE, "CA-STEADY-300", "Steady capsules, 30 of 10 mg", 5800, 300, 0, 26),
    _product(F.CAPSULE, "CA-BALANCE-150", "Balance capsules 1:1, 30 of 5 mg", 4400, 150, 150, 24),
    _product(F.CAPSULE, "CA-STRONG-600", "Full-strength capsules, 30 of 20 mg", 8800, 600, 0, 9),
    _product(F.TOPICAL, "TO-BALM-200", "Warming balm, 60 g, 100 mg of each", 3400, 100, 100, 32),
    _product(F.TOPICAL, "TO-LOTION-150", "Cooling lotion, 120 mL, mostly CBD", 3000, 25, 125, 20),
    _product(F.TOPICAL, "TO-PATCH-5", "Day patches, five of 20 mg", 5200, 100, 0, 3),
    _product(F.CONCENTRATE, "CO-WAX-500", "Harbor Haze wax, 500 mg", 3600, 390, 0, 16),
    _product(F.CONCENTRATE, "CO-ROSIN-1000", "Live rosin, 1 g", 7200, 760, 2, 11),
    _product(F.CONCENTRATE, "CO-OIL-1000", "Whole-plant oil syringe, 1 g", 6600, 700, 40, 13),
]

PRODUCERS = ("Shoreline Growers", "Nutmeg Gardens", "Housatonic Labs")
U = Product.ReportUnit
# Of what is not reported in grams of flower or extract: unit, how much of it one item is, and how many days it lasts.
_REPORTED = {
    "ED-BERRY-100": (U.EACH, "20", 10), "ED-CITRUS-100": (U.EACH, "20", 10), "ED-COCOA-100": (U.EACH, "10", 10),
    "ED-BROWNIE-20": (U.EACH, "1", 1), "ED-MINT-50": (U.EACH, "20", 10),
    "TI-DAY-300": (U.MILLILITERS, "30", 30), "TI-BALANCE-300": (U.MILLILITERS, "30", 30),
    "TI-CALM-600": (U.MILLILITERS, "30", 30), "TI-NIGHT-600": (U.MILLILITERS, "30", 15),
    "CA-LOW-75": (U.EACH, "30", 30), "CA-STEADY-300": (U.EACH, "30", 30), "CA-BALANCE-150": (U.EACH, "30", 30),
    "CA-STRONG-600": (U.EACH, "30", 15),
    "TO-BALM-200": (U.GRAMS, "60", 30), "TO-LOTION-150": (U.MILLILITERS, "120", 30), "TO-PATCH-5": (U.EACH, "5", 10),
    "VP-DAY-300": (U.GRAMS, "0.3", 10), "VP-CHARTER-1000": (U.GRAMS, "1", 30),
    "CO-ROSIN-1000": (U.GRAMS, "1", 15), "CO-OIL-1000": (U.GRAMS, "1", 15),
}  # fmt: skip
_HALF_A_GRAM = (U.GRAMS, "0.5", 15)
WITHOUT_DETAILS = "TO-PATCH-5"  # what a lot looks like whose label nobody has entered
ENDS_SOON = "VP-NIGHT-500"
MORE_LOTS = ("FL-HARBOR-35", "ED-BERRY-100", "TI-BALANCE-300")  # with two lots: the first to expire goes first


@dataclass(frozen=True)
class DemoLot:
    """A lot of the demo: how many items came of it, and for how many days from today it is good, if known."""

    number: str
    quantity: int
    good_for_days: int | None
    producer: str


def reported_as(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what the monitoring report says of a product of the menu, as `save_product` takes it."""
    number = [each["sku"] for each in PRODUCTS].index(fields["sku"]) + 1
    unit, quantity, days = _REPORTED.get(fields["sku"], _HALF_A_GRAM)
    if fields["weight_mg"]:
        unit, quantity, days = U.GRAMS, str(Decimal(fields["weight_mg"]) / 1000), fields["weight_mg"] // 500
    return {
        "report_code": f"99999{number:04d}01",
        "report_unit": unit,
        "report_quantity": Decimal(quantity),
        "days_supply": days,
    }


def lots_for(fields: dict[str, Any]) -> list[DemoLot]:
    """Return the lots in which the stock of a product of the menu comes."""
    sku, stock = fields["sku"], fields["stock"]
    number = [each["sku"] for each in PRODUCTS].index(sku)
    producer, good_for = PRODUCERS[number % len(PRODUCERS)], 120 + 9 * number
    if sku in MORE_LOTS:
        second = stock // 3
        return [
            DemoLot(f"LOT-{sku}", stock - second, good_for, producer),
            DemoLot(f"LOT-{sku}-B", second, good_for + 60, producer),
        ]
    good = None if sku == WITHOUT_DETAILS else 12 if sku == ENDS_SOON else good_for
    return [DemoLot(f"LOT-{sku}", stock, good, producer)] if stock else []


def label_of(lot: DemoLot, fields: dict[str, Any], *, today: date) -> dict[str, Any] | None:
    """Return what the label of a lot says, as `LotDetails` takes it, or None."""
    if lot.good_for_days is None:
        return None
    return {
        "producer": lot.producer,
        "expires_date": today + timedelta(days=lot.good_for_days),
        "thc_mg": fields["thc_mg"],
        "cbd_mg": fields["cbd_mg"],
    }
