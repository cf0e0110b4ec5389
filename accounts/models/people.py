"""Accounts: who signs in, and what that person is to the portal."""

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models.factors import Factors, factor_annotations
from accounts.models.person import ROLES, Person, role_annotations
from ui.prepared import Prepared


class UserManager(DjangoUserManager["User"]):
    """Accounts by e-mail, stored in lower case."""

    def _create_user_object(self, email: str, password: str | None, **extra_fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **extra_fields)
        user.set_password(password)
        return user

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().lower()

    def create_user(  # type: ignore[override] # no username
        self, email: str, password: str | None = None, **extra_fields: Any
    ) -> "User":
        user = self._create_user_object(email, password, **extra_fields)
        user.save(using=self._db)
        return user

    def create_superuser(  # type: ignore[override] # no username
        self, email: str, password: str | None = None, **extra_fields: Any
    ) -> "User":
        """Make an administrator, who signs in at once: whoever runs the command answers for the address."""
        user = self.create_user(email, password, is_staff=True, is_superuser=True, **extra_fields)
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)  # type: ignore[attr-defined]
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=self.normalize_email(email))


class User(AbstractUser):
    username = None  # type: ignore[assignment] # an account is known by its address
    last_name = None  # type: ignore[assignment] # patients read the first name of staff alone
    first_name = models.CharField(
        _("first name"), max_length=60, blank=True, help_text=_("Of staff: patients read it beside the role.")
    )
    email = models.EmailField(_("e-mail"), unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []  # no names
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(email=""), name="user_email_given"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case"),
        ]

    def __str__(self) -> str:
        return f"account {self.pk}"

    def get_full_name(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.email

    @cached_property
    def person(self) -> Person:
        """The roles of the account when they were first asked for; PortalBackend reads them with the account."""
        roles = _roles.rows(key=self.pk, day=timezone.localdate())[0]
        return Person(getattr(self, "physician", None), self.is_staff, *roles)

    @cached_property
    def factors(self) -> Factors:
        """Which second factors the account had when this was first asked."""
        return self.read_factors()

    def read_factors(self) -> Factors:
        """Return which second factors the account has now."""
        own: QuerySet[Any, Any] = User.objects.filter(pk=self.pk).annotate(**factor_annotations())
        return Factors(*own.values_list("mfa", "two_ways").get())

    @property
    def role(self) -> str:
        """The role with which an event of this account is recorded."""
        if self.is_staff:
            return "staff"
        if hasattr(self, "physician"):
            return "physician"
        return "delegate" if self.person.is_delegate else "member"


def _roles_on(*, key: int, day: date) -> QuerySet[Any, Any]:
    """Return what the account is on `day`, in the order of ROLES."""
    return User.objects.filter(pk=key).annotate(**role_annotations(day)).values_list(*ROLES)


_roles = Prepared(_roles_on)
