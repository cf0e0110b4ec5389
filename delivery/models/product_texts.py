"""What the menu says of a product in words, in both languages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language

if TYPE_CHECKING:
    from delivery.models.products import Product

LONGEST_NAME = 118  # characters of the name and the detail together: with ", " what the dispensing log holds


def full_name(name: str, detail: str) -> str:
    """Return the name with its detail as one text: "Harbor Haze, whole flower, 3.5 g"."""
    is_word = detail[1:2].islower()  # and no abbreviation, such as THC
    return f"{name}, {detail[:1].lower() if is_word else detail[:1]}{detail[1:]}" if detail else name


@dataclass(frozen=True)
class ProductTexts:
    """The texts of a product in one language."""

    name: str
    detail: str
    description: str

    @property
    def full_name(self) -> str:
        return full_name(self.name, self.detail)


def texts_of(product: "Product") -> ProductTexts:
    """Return the texts of a product in the current language; in Spanish, each that is missing is the English one."""
    if get_language() != "es":
        return ProductTexts(product.name, product.detail, product.description)
    return ProductTexts(
        product.name_es or product.name,
        product.detail_es or product.detail,
        product.description_es or product.description,
    )
