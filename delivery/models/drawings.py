"""The drawings of products without a photo. Each is a symbol of static/img/products.svg."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Drawing(models.TextChoices):
    FLOWER = "flower", _("Whole flower")
    GROUND = "ground", _("Ground flower in a jar")
    ROLLS = "rolls", _("Pre-rolls")
    CARTRIDGE = "cartridge", _("Cartridge")
    PEN = "pen", _("Pen")
    CHEWS = "chews", _("Soft chews")
    CHOCOLATE = "chocolate", _("Chocolate bar")
    BROWNIE = "brownie", _("Brownie")
    LOZENGES = "lozenges", _("Lozenges")
    DROPPER = "dropper", _("Bottle with a dropper")
    SPRAY = "spray", _("Spray")
    CAPSULES = "capsules", _("Capsules")
    BALM = "balm", _("Jar of balm")
    LOTION = "lotion", _("Tube of lotion")
    PATCHES = "patches", _("Patches")
    WAX = "wax", _("Jar of wax or rosin")
    SYRINGE = "syringe", _("Oil in a syringe")


USUAL = {  # by the form of a product
    "flower": Drawing.FLOWER,
    "vape": Drawing.CARTRIDGE,
    "edible": Drawing.CHEWS,
    "tincture": Drawing.DROPPER,
    "capsule": Drawing.CAPSULES,
    "topical": Drawing.BALM,
    "concentrate": Drawing.WAX,
}
