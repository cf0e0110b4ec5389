"""What the Registrar decides about applications and proofs."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber, to_python  # has no types

from accounts.models import Decision, IdentityProof, Physician, PhysicianApplication, Proof, Registration, User
from accounts.rules.errors import AccountsError
from accounts.rules.numbers import dea_letter_fits
from ui.zip_codes import place_of


class FourEyesError(AccountsError):
    """The person who entered a proof cannot verify it."""


class AlreadyDecided(AccountsError):
    """Somebody has verified or refused this before."""


class ApplicationError(AccountsError):
    """An application that cannot be sent or verified as it stands."""


def check_is_pending(thing: PhysicianApplication | Proof) -> None:
    """Nobody has decided the application or proof yet; raises AlreadyDecided."""
    if thing.status != Decision.PENDING:
        raise AlreadyDecided(
            _("Somebody has decided this already: %(status)s.") % {"status": thing.get_status_display()}
        )


def check_four_eyes(proofs: list[Proof], *, by: User | None) -> None:
    """The proofs were entered by other people than `by` (setting FOUR_EYES); raises FourEyesError."""
    if settings.FOUR_EYES and any(by is None or proof.entered_by_id == by.pk for proof in proofs):
        raise FourEyesError(_("You entered this yourself. Ask another Registrar or a Manager to verify it."))


def check_is_not_own(application: PhysicianApplication, *, by: User | None) -> None:
    """`by` is not the applicant, who may be on staff as well; raises ApplicationError."""
    if by is not None and application.user_id == by.pk:
        raise ApplicationError(_("This application is your own. Ask another Registrar or a Manager."))


def check_stands_alone(proof: Proof) -> None:
    """The proof does not belong to an application, which is decided as a whole; raises ApplicationError."""
    if proof.application_id is not None:
        raise ApplicationError(_("This belongs to an application. Verify or refuse the application as a whole."))


def check_has_no_application(applications: list[PhysicianApplication]) -> None:
    """No application of the account waits; raises ApplicationError."""
    if any(application.status == Decision.PENDING for application in applications):
        raise ApplicationError(_("Your application is with us already. We write to you when it is decided."))


def check_practice_in_connecticut(*, state: str, zip_code: str) -> None:
    """State and ZIP code of the practice are in Connecticut; raises ApplicationError.

    [docs/domain.md#who-may-certify]
    """
    if state != "CT":
        raise ApplicationError(
            _("Only a physician who practices in Connecticut can certify. Enter your practice in Connecticut."),
            field="practice_state",
        )
    place = place_of(zip_code)
    if place is None or place["state"] != "CT":
        raise ApplicationError(
            _("This ZIP code is not in Connecticut. Enter the ZIP code of your practice in Connecticut."),
            field="practice_zip",
        )


def check_application_is_proven(proofs: list[Proof]) -> None:
    """Each of the four registrations was looked up; raises ApplicationError that names the others."""
    proven = {p.kind for p in proofs if p.expires_date or p.kind == Registration.Kind.PRESCRIPTION_MONITORING}
    missing = [str(kind.label) for kind in Registration.Kind if kind not in proven]
    if missing:
        raise ApplicationError(_("Look these up and enter them first: %(list)s.") % {"list": ", ".join(missing)})


def check_number_is_in_register(number: PhoneNumber | str, *, on_roster: Physician | None) -> None:
    """The number called is the one on the roster, for a physician who is on it; raises ApplicationError.

    For anybody else the portal has no number, and the Registrar names the public register that shows one.
    """
    if on_roster and to_python(number).as_e164 != on_roster.phone.as_e164:
        raise ApplicationError(
            _("This physician is on the roster with another number. Call that one: %(number)s.")
            % {"number": on_roster.phone.as_national},
            field="called_number",
        )


def check_identity_is_proven(application: PhysicianApplication, *, by: User | None) -> None:
    """The physician was called back by somebody else than `by`, and said that the application is theirs.

    Right numbers show that a physician exists, not that the applicant is that physician. Raises ApplicationError,
    FourEyesError (setting FOUR_EYES).
    """
    if application.identity_proof != IdentityProof.CALL_BACK:
        raise ApplicationError(
            _("Call the physician back first, at the number in the public register, and enter the call.")
        )
    if settings.FOUR_EYES and (by is None or application.called_by_id == by.pk):
        raise FourEyesError(_("You made the call back yourself. Ask another Registrar or a Manager to verify it."))


def physician_applying(application: PhysicianApplication, physicians: QuerySet[Physician]) -> Physician | None:
    """Return who of `physicians` the applicant is, by DEA number or NPI; raises ApplicationError when two fit."""
    if by_number := physicians.filter(dea_number=application.dea_number).first():
        return by_number
    by_npi = list(physicians.filter(npi=application.npi)[:2])
    if len(by_npi) > 1:
        raise ApplicationError(_("The NPI stands with two physicians of the roster. Correct the roster first."))
    return by_npi[0] if by_npi else None


def check_may_become(physician: Physician, application: PhysicianApplication) -> None:
    """The account of an application may be bound to this physician; raises ApplicationError."""
    if physician.user_id not in (None, application.user_id):
        raise ApplicationError(
            _("This physician has an account already. Call the physician: only one of the two accounts can be theirs.")
        )
    if Physician.objects.filter(user=application.user_id).exclude(pk=physician.pk).exists():
        raise ApplicationError(_("The account that applied belongs to another physician."))
    if physician.status == Physician.Status.SUSPENDED:
        raise ApplicationError(
            _("This physician is suspended. Reinstate the physician first, or refuse the application.")
        )


def claims_somebody_elses_number(application: PhysicianApplication) -> bool:
    """Return whether the application's DEA number is bound to another account."""
    holders = Physician.objects.filter(dea_number=application.dea_number, user__isnull=False)
    return holders.exclude(user=application.user_id).exists()


def refusal_for_applicant(application: PhysicianApplication) -> str:
    """Return the reason of a refusal for the applicant, who must not learn who else has an account."""
    if claims_somebody_elses_number(application):
        return _("What you entered could not be matched with the records of the state. Please call the program.")
    return application.reason


def warnings_about(application: PhysicianApplication) -> list[str]:
    """Return sentences about what the Registrar should look at twice."""
    same_number = PhysicianApplication.objects.filter(dea_number=application.dea_number, status=Decision.PENDING)
    known = Physician.objects.filter(npi=application.npi).exclude(dea_number=application.dea_number)
    looked_up = application.proofs.exclude(entered_by=application.user_id)
    found = [
        (
            not dea_letter_fits(application.dea_number, application.last_name),
            _("The second letter of the DEA number is not the initial of the last name."),
        ),
        (
            application.practice_state != "CT",
            _("The practice is outside Connecticut: the applicant would not be able to certify."),
        ),
        (claims_somebody_elses_number(application), _("This DEA number is bound to another account.")),
        (same_number.exclude(pk=application.pk).exists(), _("Somebody else applies with the same DEA number.")),
        (
            bool(application.called_number) and application.called_number == application.phone,
            _("The number that was called is the one that the applicant typed: compare it with the register."),
        ),
        (
            any(not proof.is_active or proof.is_limited for proof in looked_up),
            _("A registration that was looked up does not count: the applicant would not be able to certify."),
        ),
        (known.exists(), _("The NPI stands on the roster with another DEA number: verifying replaces that number.")),
    ]
    return [sentence for is_so, sentence in found if is_so]
