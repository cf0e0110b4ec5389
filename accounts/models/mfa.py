"""Resets of lost second factors."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField  # has no types


class MFAReset(models.Model):
    """A reset of second factors, carried out once another member of staff confirms, or when `due_at` has come.

    The owner gets a message with a link: this was not me. `cancelled_by` is null when the owner cancelled by that link.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waits")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")

    created_at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="mfa_resets")
    called_number = PhoneNumberField(_("number called back"))
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text=_("From then on it needs no second person."))
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)

    class Meta:
        verbose_name = _("reset of second factors")
        verbose_name_plural = _("resets of second factors")
        indexes = [models.Index(fields=["status", "due_at"], name="mfa_reset_due")]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(status="waiting"), name="mfa_reset_one_waits"),
            models.CheckConstraint(condition=~Q(asked_by=F("user")), name="mfa_reset_not_for_oneself"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("asked_by")) & ~Q(confirmed_by=F("user")),
                name="mfa_reset_second_person",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="mfa_reset_says_why"),
            models.CheckConstraint(condition=Q(due_at__gt=F("asked_at")), name="mfa_reset_waits"),
            models.CheckConstraint(
                condition=Q(
                    status="waiting", done_at__isnull=True, cancelled_at__isnull=True, confirmed_by__isnull=True
                )
                | Q(status="cancelled", done_at__isnull=True, cancelled_at__isnull=False, confirmed_by__isnull=True)
                | Q(status="done", done_at__isnull=False, cancelled_at__isnull=True),
                name="mfa_reset_status",
            ),
            models.CheckConstraint(
                condition=~Q(status="done")
                | Q(confirmed_by__isnull=False)
                | Q(done_at__isnull=False, done_at__gte=F("due_at")),
                name="mfa_reset_confirmed_or_waited",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_by__isnull=True) | Q(status="cancelled"), name="mfa_reset_cancelled_by"
            ),
        ]

    def __str__(self) -> str:
        return f"MFA reset {self.pk}"
