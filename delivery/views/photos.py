"""The photos of the menu."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from delivery.models import ProductPhoto


@require_safe
def product_photo(request: HttpRequest, digest: str) -> HttpResponse:
    """Return the photo, to be stored by the browser for good: another photo has another address."""
    photo = get_object_or_404(ProductPhoto, digest=digest)
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(photo.content), content_type="image/jpeg", headers=headers)
