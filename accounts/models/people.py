"""Accounts, and what lets a person in."""

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(DjangoUserManager):
    """Accounts by e-mail, stored in lower case."""

    def _create_user_object(self, email, password, **extra_fields):
        user = self.model(email=self.normalize_email(email), **extra_fields)
        user.set_password(password)
        return user

    @classmethod
    def normalize_email(cls, email):
        return (email or "").strip().lower()

    def create_user(self, email, password=None, **extra_fields):
        user = self._create_user_object(email, password, **extra_fields)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **extra_fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra_fields)

    def get_by_natural_key(self, email):
        return self.get(email=self.normalize_email(email))


class User(AbstractUser):
    username = None
    last_name = None
    first_name = models.CharField(
        _("first name"), max_length=60, blank=True, help_text=_("Of staff: patients read it beside the role.")
    )
    email = models.EmailField(_("e-mail"), unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(email=""), name="user_email_given"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case"),
        ]

    def __str__(self):
        return f"account {self.pk}"

    def get_full_name(self):
        return self.email

    def get_short_name(self):
        return self.email

    @property
    def role(self):
        """The role an event is recorded with."""
        if self.is_staff:
            return "staff"
        if hasattr(self, "physician"):
            return "physician"
        return "delegate" if getattr(self, "is_delegate", False) else "member"
