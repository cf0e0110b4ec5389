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


def text_of(text: str, text_es: str) -> str:
    """Return the text of a product in the current language; a Spanish one that is missing is the English one."""
    return text_es or text if get_language() == "es" else text


def texts_of(product: "Product") -> ProductTexts:
    """Return the texts of a product in the current language."""
    return ProductTexts(
        text_of(product.name, product.name_es),
        text_of(product.detail, product.detail_es),
        text_of(product.description, product.description_es),
    )
