"""Many people at the same time, for races, drills and measurements.

Their rows are copies of a person whom the actions made, because to make hundreds of people would take minutes. A
`Visitor` sends requests over HTTP as a browser does.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, RemoteDisconnected
from http.cookies import SimpleCookie
from importlib import import_module
from threading import Barrier
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.backends import PortalBackend
from certification.models import Certification, Patient
from delivery.models import Order, OrderLine
from tests.guard import unguarded

CSRF = "c" * 32
MANY = 1_000_000_000  # far above the ids that drafts get, and so certifications
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def like(patient, count):
    """Return `count` copies of the patient, each with a certification and an affirmed account."""
    certification = patient.certifications.get()
    with unguarded():
        users = get_user_model().objects.bulk_create(
            get_user_model()(**{**_row(patient.user), "email": f"{uuid4().hex}@example.org"}) for _copy in range(count)
        )
        patients = Patient.objects.bulk_create(
            Patient(**{**_row(patient), "number": f"P-{_code(user.pk)}", "user_id": user.pk, "email": user.email})
            for user in users
        )
        Certification.objects.bulk_create(
            Certification(
                **{
                    **_row(certification),
                    "id": MANY + copied.pk,
                    "number": f"C-{_code(copied.pk)}",
                    "uuid": uuid4(),
                    "patient_id": copied.pk,
                    "renewal_of_id": None,
                }
            )
            for copied in patients
        )
    for copied in patients:
        copied.user = PortalBackend().get_user(copied.user_id)
    return patients


def _row(saved):
    fields = [field.attname for field in saved._meta.concrete_fields if not field.primary_key]
    return {name: getattr(saved, name) for name in fields}


def _code(number):
    """Return the eight letters of a card number, different for each `number`."""
    letters = ""
    for _place in range(8):
        number, letter = divmod(number, len(LETTERS))
        letters = LETTERS[letter] + letters
    return f"{letters[:4]}-{letters[4:]}"


def fill_carts(patients, *lines):
    """Give each patient without a cart a cart with these (product, quantity) pairs."""
    have = set(Order.objects.carts().values_list("patient", flat=True))
    with unguarded():
        carts = Order.objects.bulk_create(
            Order(patient=patient, placed_by=patient.user) for patient in patients if patient.pk not in have
        )
        OrderLine.objects.bulk_create(
            OrderLine(
                order=cart,
                product=product,
                quantity=quantity,
                unit_price_cents=product.price_cents,
                amount_mg=product.amount_mg,
            )
            for cart in carts
            for product, quantity in lines
        )


def sign_in(users, backend="accounts.backends.PortalBackend"):
    """Make a session for each user without the sign-in page; return the session keys in the same order."""
    store_of = import_module(settings.SESSION_ENGINE).SessionStore
    until = timezone.now() + timezone.timedelta(seconds=settings.SESSION_COOKIE_AGE)
    rows = []
    for user in users:
        session = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: backend,
            HASH_SESSION_KEY: user.get_session_auth_hash(),
            "started_at": timezone.now().isoformat(),
            "seen_at": timezone.now().isoformat(),
        }
        rows.append(Session(session_key=uuid4().hex, session_data=store_of().encode(session), expire_date=until))
    Session.objects.bulk_create(rows)
    return [row.session_key for row in rows]


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    body: bytes
    cookies: SimpleCookie = field(default_factory=SimpleCookie)


class Visitor:
    """A signed-in person with a connection that stays open."""

    def __init__(self, url, session_key):
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
        cookies = f"{settings.SESSION_COOKIE_NAME}={session_key}; {settings.CSRF_COOKIE_NAME}={CSRF}"
        self.headers = {"Cookie": cookies, "Accept-Encoding": "identity"}

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.connection.close()

    def get(self, path, **headers):
        return self._ask("GET", path, None, headers)

    def post(self, path, data, **headers):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self._ask("POST", path, urlencode({**data, "csrfmiddlewaretoken": CSRF}), headers)

    def _ask(self, method, path, body, headers):
        with suppress(RemoteDisconnected, BrokenPipeError):  # the server may close an idle connection
            return self._ask_once(method, path, body, headers)
        self.connection.close()
        return self._ask_once(method, path, body, headers)

    def _ask_once(self, method, path, body, headers):
        self.connection.request(method, path, body, {**self.headers, **headers})
        response = self.connection.getresponse()
        cookies = SimpleCookie()
        for header in response.headers.get_all("Set-Cookie", []):
            cookies.load(header)
        return Answer(response.status, response.headers.get("Location", ""), response.read(), cookies)


def all_at_once(calls):
    """Start all calls at the same moment; return their answers in order."""
    start = Barrier(len(calls))

    def run(call):
        start.wait(60)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
