"""The variables without which the portal does not start, each with a hint on its value."""

import re
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import phonenumbers
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from environs import Env

ALWAYS = {
    "SECRET_KEY": "a long random text, for example from `openssl rand -base64 48`",
    "FIELD_KEYS": "keys of the encrypted columns as id:base64 pairs, newest first, each from `openssl rand -base64 32`",
    "SSN_PEPPERS": "the peppers of the SSN digests, newest first, separated by commas",
    "SITE_URL": "the address that people type, for example https://portal.example.org",
}
IN_PRODUCTION = {
    "ALLOWED_HOSTS": "the host names that this portal answers to, separated by commas",
    "DATABASE_URL": "the database, for example postgres://portal:secret@db:5432/portal",
    "EMAIL_URL": "the mail server, for example smtp+tls://user:secret@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "the sender of our mail",
    "DISPENSARY_NAME": "the name of the dispensary",
    "DISPENSARY_PHONE": "the phone number people call for help",
    "DISPENSARY_EMAIL": "the address that gets the messages of the contact form",
}
# All four of these turn the state's sign-on on. Without any of them it is off.
FOR_SIGN_ON = {
    "OIDC_SERVER_URL": "the address of the provider, which publishes its configuration below /.well-known/",
    "OIDC_CLIENT_ID": "the name of the portal at the provider",
    "OIDC_CLIENT_SECRET": "the secret of the portal at the provider",
    "OIDC_NAME": "the name of the provider on the button: Sign in with ...",
}
# All four of these turn texts on. Without any of them they are off.
FOR_TEXTS = {
    "SMS_URL": "the address of the provider of texts, which takes JSON with from, to, text and id",
    "SMS_TOKEN": "the secret of the portal at that provider",
    "SMS_FROM": "the number from which texts go, for example +12035550100",
    "SMS_WEBHOOK_TOKEN": "the secret with which the provider posts the texts that people send, for example STOP",
}
# What the agency gave to the dispensary. All three of these are needed to write the monitoring report.
FOR_REPORTS = {
    "REPORT_SOURCE_ID": "the source id of the dispensary in the monitoring report, mostly its phone number",
    "REPORT_PHARMACY_NUMBER": "the number under which the monitoring program knows the dispensary",
    "REPORT_ORIGIN_CODE": "the agency's code for how an order came, for example 99",
}
# These send the report by SFTP. Without REPORT_SFTP_URL a pharmacist downloads it.
FOR_REPORT_SERVER = {
    "REPORT_SFTP_URL": "the server of the monitoring program, for example sftp://user@host.example.gov:22/incoming",
    "REPORT_HOST_KEY": "the public key of that server, for example `ssh-keyscan -t ed25519 host.example.gov`, checked",
}
REPORT_LOGIN = "the path of the private key for that server; or put the password into REPORT_SFTP_URL"


def check_required(env: Env, *, debug: bool) -> None:
    """Raise ImproperlyConfigured, which names each required variable that is missing or blank."""
    required = ALWAYS if debug else ALWAYS | IN_PRODUCTION
    if any(env.str(name, "").strip() for name in FOR_SIGN_ON):
        required = required | FOR_SIGN_ON
    if any(env.str(name, "").strip() for name in FOR_TEXTS):
        required = required | FOR_TEXTS
    required = required | _for_reports(env)
    missing = {name: hint for name, hint in required.items() if not env.str(name, "").strip()}
    if missing:
        hints = "\n".join(f"  {name}: {hint}" for name, hint in missing.items())
        raise ImproperlyConfigured(f"The portal cannot start. Set in the environment:\n{hints}")


def _for_reports(env: Env) -> dict[str, str]:
    """Return what the monitoring report needs, once one of its variables is set."""
    names = (*FOR_REPORTS, *FOR_REPORT_SERVER, "REPORT_SFTP_KEY", "REPORT_ANSWERS")
    given = {name: env.str(name, "").strip() for name in names}
    if not any(given.values()):
        return {}
    if not any(given[name] for name in names if name not in FOR_REPORTS):
        return FOR_REPORTS
    login = {} if _has_password(given["REPORT_SFTP_URL"]) else {"REPORT_SFTP_KEY": REPORT_LOGIN}
    return FOR_REPORTS | FOR_REPORT_SERVER | login


def _has_password(url: str) -> bool:
    return ":" in urlsplit(url).netloc.rpartition("@")[0]


PORTS = {"imaps": 993, "imap": 143}
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


def bounce_mailbox(url: str) -> dict[str, Any] | None:
    """Return the parts of BOUNCE_MAILBOX_URL, None when it is empty; raise ImproperlyConfigured when it is wrong.

    Without TLS, `imap://` reads a server of this machine alone.
    """
    if not url.strip():
        return None
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError:  # a port that is no number
        host, port = None, None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    is_plain = parts.scheme == "imap" and host in THIS_MACHINE
    names = user + password + folder
    if not (host and port and user and password and names.isascii() and names.isprintable()) or not (
        parts.scheme == "imaps" or is_plain
    ):
        raise ImproperlyConfigured(
            "The portal cannot start. BOUNCE_MAILBOX_URL must be imaps://user:password@host/FOLDER, with characters "
            "such as @ and / in the user and the password as %40 and %2F"
        )
    return {
        "name": f"{host}:{port}/{user}/{folder}",
        "host": host,
        "port": port,
        "user": user,
        "password": password,
        "folder": folder,
        "is_encrypted": not is_plain,
    }


def bounce_address(address: str) -> str:
    """Return BOUNCE_ADDRESS, the sender of the envelope; raise ImproperlyConfigured when it is no address."""
    address = address.strip()
    try:
        if address:
            validate_email(address)
    except ValidationError as error:
        raise ImproperlyConfigured(
            "The portal cannot start. BOUNCE_ADDRESS must be one e-mail address, for example bounces@portal.example.org"
        ) from error
    return address


def phone_of(words: str) -> str:
    """Return the number as E.164, "+12035550100", however it is written; raise ImproperlyConfigured for other words."""
    try:
        number = phonenumbers.parse(words, "US")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number) or number.extension:
        raise ImproperlyConfigured(f"The portal cannot start. DISPENSARY_PHONE is {words!r}: write +12035550100.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def check_texts(address: str, *, debug: bool) -> None:
    """Raise ImproperlyConfigured unless texts are off or go to a provider over TLS."""
    if address and not debug and not address.startswith("https://"):
        raise ImproperlyConfigured("The portal cannot start. SMS_URL must begin with https://")


def hours_of(words: str) -> tuple[time, time]:
    """Return from when until when texts may go, from "08:00-21:00"; raise ImproperlyConfigured for other words."""
    try:
        opens, closes = (time.fromisoformat(part.strip()) for part in words.split("-"))
    except ValueError as error:
        raise ImproperlyConfigured(f"The portal cannot start. SMS_HOURS is {words!r}: write 08:00-21:00.") from error
    if opens >= closes:
        raise ImproperlyConfigured("The portal cannot start. SMS_HOURS must begin before they end, as 08:00-21:00.")
    return opens, closes


def _folder(words: str) -> str:
    """Return a folder of the server, absolute where it begins with a slash, and else below that of the user."""
    return words.strip().rstrip("/")


HOST_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]{40,}={0,2}")


def report_server(url: str, *, host_key: str, key_file: str, answers: str) -> dict[str, Any] | None:
    """Return the parts of REPORT_SFTP_URL, None when it is empty; raise ImproperlyConfigured when one is wrong.

    The server must have `host_key`, so that no other one gets what patients were given.
    """
    if not url.strip():
        return None
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port or 22
    except ValueError:  # a port that is no number
        parts, host, port = urlsplit(""), None, 22
    if parts.scheme != "sftp" or not host or not parts.username:
        raise ImproperlyConfigured(
            "The portal cannot start. REPORT_SFTP_URL must be sftp://user@host:port/folder, with characters such as @ "
            "and / in the user and the password as %40 and %2F; an absolute folder begins with //"
        )
    found = HOST_KEY.search(host_key)
    if found is None:
        raise ImproperlyConfigured(
            "The portal cannot start. REPORT_HOST_KEY must be the public key of the server, as in: ssh-ed25519 AAAA…"
        )
    if key_file.strip() and not Path(key_file.strip()).is_file():
        raise ImproperlyConfigured(
            f"The portal cannot start. REPORT_SFTP_KEY names a file that is not there: {key_file.strip()}"
        )
    return {
        "host": host,
        "port": port,
        "user": unquote(parts.username),
        "password": unquote(parts.password) if parts.password else None,
        "key_file": key_file.strip() or None,
        "host_key": found[0],
        "folder": _folder(unquote(parts.path)[1:]),
        "answers": _folder(answers),
    }
