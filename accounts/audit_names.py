"""The names of accounts, physicians and their rows in the audit trail."""

from collections.abc import Collection, Iterable, Iterator

from django.utils.translation import gettext as _

from accounts.models import Delegate, MFAReset, Physician, PhysicianApplication, Proof, Registration, User
from accounts.rules import physicians_called
from audit import names
from audit.names import ACCOUNT, MOST_FOUND, Actor, Found, Name

PHYSICIAN = "accounts.physician"


def _dr(first: str | None, last: str | None) -> str:
    return f"Dr. {first} {last}" if last else ""


def _of_physician(*first: str) -> tuple[str, ...]:
    """Return columns of a row: `first` name the row itself, the others its physician."""
    return (*first, "physician__first_name", "physician__last_name")


def staff(ids: Collection[int]) -> dict[int, Actor]:
    """Return staff by their e-mail address, with their groups."""
    found: dict[int, Actor] = {}
    rows = User.objects.filter(pk__in=ids, is_staff=True).order_by("groups__name")
    for pk, email, is_superuser, group in rows.values_list("pk", "email", "is_superuser", "groups__name"):
        role = group or (_("administrator") if is_superuser else _("staff"))
        found[pk] = Actor(email, f"{found[pk].role}, {role}" if pk in found else role, pk=pk)
    return found


def accounts(ids: Collection[int]) -> dict[int, Actor]:
    """Return every other account by its e-mail address."""
    rows = User.objects.filter(pk__in=ids).values_list("pk", "email")
    return {pk: Actor(email, _("account"), pk=pk) for pk, email in rows}


def physicians(ids: Collection[int]) -> dict[int, Actor]:
    """Return physicians by their name."""
    rows = Physician.objects.filter(user__in=ids).values_list("user", "pk", "first_name", "last_name")
    return {user: Actor(_dr(first, last), _("physician"), PHYSICIAN, pk) for user, pk, first, last in rows}


def delegates(ids: Collection[int]) -> dict[int, Actor]:
    """Return delegates by their e-mail address and their physician."""
    rows = Delegate.objects.filter(user__in=ids).order_by("pk")
    columns = ("user", "user__email", "physician__first_name", "physician__last_name")
    office = _("office of %(name)s")
    return {
        user: Actor(email, office % {"name": _dr(first, last)}, pk=user)
        for user, email, first, last in rows.values_list(*columns)
    }


def search(term: str) -> Iterator[Found]:
    """Yield physicians as their list finds them, then accounts by the beginning of their address."""
    for physician in Physician.objects.filter(physicians_called(term)).order_by("search_name")[: MOST_FOUND + 1]:
        yield Found(
            PHYSICIAN, physician.pk, _("%(name)s, physician") % {"name": _dr(physician.first_name, physician.last_name)}
        )
    email = term.strip().lower()
    if email and " " not in email:
        for user in User.objects.filter(email__startswith=email).order_by("email")[: MOST_FOUND + 1]:
            yield Found(ACCOUNT, user.pk, user.email)


def of_physician(pks: Collection[int]) -> dict[str, Iterable[int]]:
    """Return the physicians' registrations, proofs, delegates, applications and accounts."""
    rows = {"physician__in": pks}
    return {
        "accounts.registration": Registration.objects.filter(**rows).values_list("pk", flat=True),
        "accounts.proof": Proof.objects.filter(**rows).values_list("pk", flat=True),
        "accounts.delegate": Delegate.objects.filter(**rows).values_list("pk", flat=True),
        "accounts.physicianapplication": PhysicianApplication.objects.filter(**rows).values_list("pk", flat=True),
        ACCOUNT: Physician.objects.filter(pk__in=pks).values_list("user", flat=True),
    }


def of_account(pks: Collection[int]) -> dict[str, Iterable[int]]:
    """Return the applications and resets of accounts."""
    return {
        "accounts.physicianapplication": PhysicianApplication.objects.filter(user__in=pks).values_list("pk", flat=True),
        "accounts.mfareset": MFAReset.objects.filter(user__in=pks).values_list("pk", flat=True),
    }


def register() -> None:
    say = names.register
    say(ACCOUNT, "email", say=lambda email: Name(email))
    say(PHYSICIAN, "first_name", "last_name", say=lambda *name: Name(_dr(*name)))
    say("accounts.registration", *_of_physician("kind"), say=lambda kind, *name: Name(kind_of(kind), _dr(*name)))
    say(
        "accounts.proof",
        *_of_physician("kind", "application__first_name", "application__last_name"),
        say=lambda kind, first, last, *name: Name(kind_of(kind), _dr(*name) or f"{first} {last}"),
    )
    say("accounts.physicianapplication", "first_name", "last_name", say=lambda first, last: Name("", f"{first} {last}"))
    say("accounts.delegate", *_of_physician("email"), say=lambda email, *name: Name(email, _dr(*name)))
    say("accounts.mfareset", "user__email", say=lambda email: Name("", email))
    say("accounts.identificationtry", "user__email", say=lambda email: Name("", email))
    say("accounts.rosterimport", "file_name", say=lambda name: Name(name))
    # A person can have several roles. Their role at work goes before the patient, whom certification names.
    names.register_actors(physicians, rank=1)
    names.register_actors(delegates, rank=2)
    names.register_actors(staff, rank=3)
    names.register_actors(accounts, rank=9)
    names.register_search(search)
    names.register_belongings(PHYSICIAN, of_physician)
    names.register_belongings(ACCOUNT, of_account)


def kind_of(kind: str) -> str:
    return str(Registration.Kind(kind).label) if kind in Registration.Kind.values else kind
