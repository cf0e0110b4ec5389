"""The full name of staff as labels, the log and manifests print it."""

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PaperName(models.Model):
    """First and last name of an account of staff. The law has the pharmacist named in full; patients read the first
    name alone, which is the account's own."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="paper_name")
    full_name = models.CharField(_("full name"), max_length=80)
    entered_at = models.DateTimeField(auto_now=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("full name on papers")
        verbose_name_plural = _("full names on papers")
        constraints = [models.CheckConstraint(condition=~Q(full_name=""), name="paper_name_given")]

    def __str__(self) -> str:
        return self.full_name


def full_names(accounts: Collection[int | None]) -> dict[int, str]:
    """Return by account id the full name of those that have one."""
    found = PaperName.objects.filter(user__in={pk for pk in accounts if pk is not None})
    return dict(found.values_list("user_id", "full_name"))
