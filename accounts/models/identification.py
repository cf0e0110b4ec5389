"""Tries to identify as a physician, and the bindings of accounts that follow from them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.physicians import Physician


class IdentificationTry(models.Model):
    """A try to identify with DEA number and SSN digits. The number is a digest: it may be somebody else's."""

    created_at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    dea_digest = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True, blank=True)
    network = models.GenericIPAddressField(
        null=True, blank=True, help_text=_("Under which it is counted: the address, or the first of an IPv6 network.")
    )
    succeeded = models.BooleanField()
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True, help_text=_("Counts no more: the Registrar lifted it."))

    class Meta:
        verbose_name_plural = "identification tries"
        indexes = [
            models.Index(fields=["dea_digest", "at"], name="try_of_number"),
            models.Index(fields=["user", "at"], name="try_of_user"),
            models.Index(fields=["network", "at"], name="try_of_network"),
        ]

    def __str__(self) -> str:
        return f"identification try {self.pk}"


class AccountBinding(models.Model):
    """An account was bound to a physician, who got a message with a link: this was not me."""

    created_at = models.DateTimeField(auto_now_add=True)
    physician = models.ForeignKey(Physician, on_delete=models.PROTECT, related_name="bindings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    token_digest = models.CharField(max_length=64, unique=True)
    disowned_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"account binding {self.pk}"
