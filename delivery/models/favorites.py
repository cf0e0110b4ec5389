"""The products that a patient likes, marked by whoever orders for them."""

from django.db import models

from certification.models import Patient
from delivery.models.products import Product


class Favorite(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="favorites")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "product"], name="favorite_once")]

    def __str__(self) -> str:
        return f"favorite {self.pk}"
