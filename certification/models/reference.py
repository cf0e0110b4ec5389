"""What the state lists: conditions, and the limit of the allotment."""

from django.db import models
from django.db.models import Q


class Condition(models.Model):
    """The official list of debilitating conditions, with the ages and days for which each counts."""

    created_at = models.DateTimeField(auto_now_add=True)
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    for_adults = models.BooleanField()
    for_minors = models.BooleanField()
    effective_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(for_adults=True) | Q(for_minors=True), name="condition_for_somebody"),
        ]

    def __str__(self) -> str:
        return self.code


class AllotmentLimit(models.Model):
    """The most that a physician may certify a month, from a day on."""

    created_at = models.DateTimeField(auto_now_add=True)
    effective_date = models.DateField(unique=True)
    limit_oz = models.DecimalField(max_digits=4, decimal_places=2)

    class Meta:
        ordering = ["-effective_date"]
        constraints = [models.CheckConstraint(condition=Q(limit_oz__gt=0), name="allotment_limit_positive")]

    def __str__(self) -> str:
        return f"limit from {self.effective_date}"
