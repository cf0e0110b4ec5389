from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.actions import save_staff
from accounts.actions.staff import STAFF_GROUPS
from accounts.rules import StaffError


class Command(BaseCommand):
    help = (
        "Creates an account of staff, or changes its first name and groups. "
        "Without --group the account is no staff any more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("first_name", help="what patients read beside the role, for example: Dana")
        parser.add_argument("--group", action="append", default=[], dest="groups", help=", ".join(STAFF_GROUPS))

    def handle(self, *args: Any, email: str, first_name: str, groups: list[str], **options: Any) -> None:
        try:
            user, is_new = save_staff(email=email, first_name=first_name, groups=groups, by=None)
        except StaffError as error:
            raise CommandError(str(error)) from error
        if is_new:
            words = _("%(email)s has an account now. The person sets a password at /accounts/password/reset/.")
        elif user.is_staff:
            words = _("The account %(email)s is changed.")
        else:
            words = _("The account %(email)s is no staff any more.")
        self.stdout.write(words % {"email": user.email})
