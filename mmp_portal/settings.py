"""Settings of the portal. All values come from the environment.

Variables that the environment lacks are read from `var/env`, where `make run` stores made-up secrets. When a required
variable is missing, the portal does not start and names it.
"""

import logging
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
from csp.constants import NONE, SELF
from django.contrib.messages import constants as messages
from django.core.exceptions import ImproperlyConfigured
from environs import Env
from kombu import Queue

from mmp_portal.logs import configure_structlog, logging_config
from mmp_portal.required import (
    bounce_address,
    bounce_mailbox,
    check_required,
    check_texts,
    hours_of,
    phone_of,
    report_server,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = Env()
env.read_env(VAR_DIR / "env", recurse=False)

DEBUG = env.bool("DEBUG", False)

# --- Required variables --------------------------------------------------------------------------------------------

check_required(env, debug=DEBUG)

SECRET_KEY = env.str("SECRET_KEY")
FIELD_KEYS: list[str] = env.list("FIELD_KEYS")
SSN_PEPPERS: list[str] = env.list("SSN_PEPPERS")
SITE_URL = env.str("SITE_URL").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
REQUIRE_MFA = env.bool("REQUIRE_MFA", not DEBUG)

OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", "").strip().rstrip("/")
if OIDC_SERVER_URL and not DEBUG and not OIDC_SERVER_URL.startswith("https://"):
    raise ImproperlyConfigured("The portal cannot start. OIDC_SERVER_URL must begin with https://")
SIGN_ON = {
    "provider_id": "state",
    "name": env.str("OIDC_NAME", ""),
    "client_id": env.str("OIDC_CLIENT_ID", ""),
    "secret": env.str("OIDC_CLIENT_SECRET", ""),
    "settings": {"server_url": OIDC_SERVER_URL},
}
# The host of the provider's sign-in page, when it is not the host of its configuration.
_sign_in = urlsplit(env.str("OIDC_SIGN_IN_ORIGIN", "") or OIDC_SERVER_URL)
SIGN_ON_ORIGINS = [f"{_sign_in.scheme}://{_sign_in.netloc}"] if OIDC_SERVER_URL else []

DISPENSARY_NAME = env.str("DISPENSARY_NAME", "Southern CT Wellness & Healing")
DISPENSARY_PHONE = phone_of(env.str("DISPENSARY_PHONE", "") or "+12035550100")
DISPENSARY_EMAIL = env.str("DISPENSARY_EMAIL", "help@portal.example")
DISPENSARY_HOURS = env.str("DISPENSARY_HOURS", "")
DISPENSARY_HOURS_ES = env.str("DISPENSARY_HOURS_ES", DISPENSARY_HOURS)
if not DISPENSARY_HOURS:
    DISPENSARY_HOURS = "Monday to Friday, 9 a.m. to 5 p.m. Eastern"
    DISPENSARY_HOURS_ES = "De lunes a viernes, de 9 a.m. a 5 p.m., hora del Este"
DISPENSARY_ADDRESS = env.str("DISPENSARY_ADDRESS", "100 Main Street, Milford, CT 06460" if DEBUG else "")
DISPENSARY_PERMIT = env.str("DISPENSARY_PERMIT", "")

# --- Apps ----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "pages",
    "dispensing",
    "delivery",
    "certification",
    "accounts",
    "notifications",
    "audit",
    "ui",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "phonenumber_field",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pages.middleware.MetricsMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # adds random padding against BREACH; each page masks its CSRF token again
    "csp.middleware.CSPMiddleware",
    "pages.middleware.FeaturesMiddleware",
    "pages.middleware.DatabaseAwayMiddleware",
    "pages.middleware.ProbeMiddleware",
    "ui.queries.ReadableQueryMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PersonMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mmp_portal.logs.RequestLogMiddleware",
    "audit.middleware.OriginMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.SessionTimeoutMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.SignOnMiddleware",
    "accounts.middleware.RequireMFAMiddleware",
    "accounts.middleware.PrivateResponseMiddleware",
    "ui.agreement.AgreementMiddleware",
]

ROOT_URLCONF = "mmp_portal.urls"
WSGI_APPLICATION = "mmp_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FORM_RENDERER = "ui.renderer.PortalRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ui.context.dispensary",
                "delivery.context_processors.navigation",
                "pages.context_processors.staff_bar",
            ],
        },
    },
]
# Messages hold product names and addresses. Django's default storage is a cookie that anybody at the machine can read.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
MESSAGE_TAGS = {messages.ERROR: "error", messages.DEBUG: "info"}

# --- Databases and caches ------------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", "") or f"sqlite:///{VAR_DIR / 'portal.sqlite3'}"
# A separate owner of the tables migrates them, and grants the portal's role what it needs (audit/sql.py).
MIGRATION_DATABASE_URL = env.str("MIGRATION_DATABASE_URL", "")
DATABASE_ROLE = urlsplit(DATABASE_URL).username if MIGRATION_DATABASE_URL else None
if MIGRATION_DATABASE_URL and {"migrate", "createcachetable", "backup", "restore"} & set(sys.argv):
    DATABASE_URL = MIGRATION_DATABASE_URL
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE takes the write lock when a transaction begins, so that a check and its write see the same rows.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
else:
    _web = "gunicorn" in Path(sys.argv[0]).name
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),  # DATABASE_URL may bring options such as sslmode
        "connect_timeout": 3,
        "keepalives": 1,
        "keepalives_idle": 30,
        "options": "-c lock_timeout=3000"
        + (" -c statement_timeout=5000 -c idle_in_transaction_session_timeout=10000" if _web else ""),
    }

# Rate limits are in the database, so that sign-in works without Redis. A small table would evict a locked account.
CACHES = {
    "default": {
        "BACKEND": "accounts.limits.RateLimitCache",
        "LOCATION": "rate_limits",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}

# --- People --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PortalBackend"]
# The first hashes. The other checks passwords that were stored before; the next sign-in stores them anew (ADR 0019).
PASSWORD_HASHERS = ["accounts.hashers.PortalPasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:role"
LOGOUT_REDIRECT_URL = "pages:home"

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "accounts.sign_up.SignUpForm",
    "reset_password": "accounts.forgotten.ForgottenPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = False
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "verify": "60/5m/ip",  # visits to the page behind the code of a card
    "invitation_code": "10/5m/ip,10/5m/user",  # wrong codes from a paper invitation
    "slow_letter": "3/5m/user",  # letters that take too long to read: each holds one of two places of a machine
    "text_refused": "20/5m/ip",  # posts to the address for received texts with a wrong token
    "text_received": "600/m/ip",  # the provider's posts; more than that wait until it posts them again
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "add_webauthn": "accounts.passkeys.AddPasskeyForm",
    "authenticate_webauthn": "accounts.passkeys.PasskeyForm",
    "reauthenticate_webauthn": "accounts.passkeys.ReauthenticatePasskeyForm",
    "edit_webauthn": "accounts.passkeys.RenamePasskeyForm",
}
MFA_TOTP_ISSUER = DISPENSARY_NAME
# The state's sign-on (accounts/sign_on.py). Its tables always exist, its pages only when OIDC_SERVER_URL is set.
SOCIALACCOUNT_ADAPTER = "accounts.sign_on.SignOnAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [SIGN_ON] if OIDC_SERVER_URL else []}}
USERSESSIONS_TRACK_ACTIVITY = False

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
IDLE_TIMEOUT = timedelta(minutes=30)
IDLE_TIMEOUT_PROFESSIONAL = timedelta(minutes=15)

# --- Transport -----------------------------------------------------------------------------------------------------

if not DEBUG:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # the QR code of the TOTP page is a data: image
        "object-src": [NONE],
        "base-uri": [NONE],
        # The sign-on button posts to the portal, which redirects to the provider: browsers apply form-action to both.
        "form-action": [SELF, *SIGN_ON_ORIGINS],
        "frame-ancestors": [NONE],
    }
}
CSRF_FAILURE_VIEW = "pages.views.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000  # so that a text of 1 MB gets an error beside its field and is not lost
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "ui.uploads.NamelessUploadHandler",
]
ROSTER_UPLOAD_BYTES = 100_000_000  # to upload more takes longer than a request may; use `manage.py import_roster`

# --- Files and languages -------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = False
WHITENOISE_USE_FINDERS = False

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["mmp_portal.formats"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = not DEBUG
TIME_ZONE = "America/New_York"
USE_TZ = True
PHONENUMBER_DEFAULT_REGION = "US"
PHONENUMBER_DB_FORMAT = "E164"
PHONENUMBER_DEFAULT_FORMAT = "NATIONAL"

# --- Mail and jobs -------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"{DISPENSARY_NAME} <{DISPENSARY_EMAIL}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
REPLY_TO_EMAIL = env.str("REPLY_TO_EMAIL", DISPENSARY_EMAIL)
# Mail that cannot be delivered goes back to BOUNCE_ADDRESS, and is read in this mailbox.
BOUNCE_ADDRESS = bounce_address(env.str("BOUNCE_ADDRESS", ""))
BOUNCE_MAILBOX = bounce_mailbox(env.str("BOUNCE_MAILBOX_URL", ""))
MAILBOX_DIR = VAR_DIR / "mail"
if env.str("EMAIL_URL", ""):
    vars().update({k: v for k, v in dj_email_url.parse(env.str("EMAIL_URL")).items() if k.startswith("EMAIL_")})
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(MAILBOX_DIR)
EMAIL_TIMEOUT = 10

# Texts (notifications/gateways.py) are off without SMS_URL. With DEBUG they are written into the mailbox.
SMS_URL = env.str("SMS_URL", "").strip() or ("console:" if DEBUG else "")
SMS_TOKEN = env.str("SMS_TOKEN", "")
SMS_FROM = env.str("SMS_FROM", "")
SMS_WEBHOOK_TOKEN = env.str("SMS_WEBHOOK_TOKEN", "")  # without it nobody could end texts by a reply
SMS_HOURS = hours_of(env.str("SMS_HOURS", "08:00-21:00"))
check_texts(SMS_URL, debug=DEBUG)

# The monitoring report (docs/reporting.md). With DEBUG the agency's three values are made up. Without a server a
# pharmacist downloads the files.
REPORT_SOURCE_ID = env.str("REPORT_SOURCE_ID", "").strip() or ("2035550100" if DEBUG else "")
REPORT_PHARMACY_NUMBER = env.str("REPORT_PHARMACY_NUMBER", "").strip() or ("MM0000001" if DEBUG else "")
REPORT_ORIGIN_CODE = env.str("REPORT_ORIGIN_CODE", "").strip() or ("99" if DEBUG else "")
REPORT_TEST = env.bool("REPORT_TEST", DEBUG)  # marks each file as a test, which the monitoring program does not keep
REPORT_SERVER = report_server(
    env.str("REPORT_SFTP_URL", ""),
    host_key=env.str("REPORT_HOST_KEY", ""),
    key_file=env.str("REPORT_SFTP_KEY", ""),
    answers=env.str("REPORT_ANSWERS", ""),
)

REDIS_URL = env.str("REDIS_URL", "")
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
# Jobs that people wait for have their own workers. Mail that may take an hour is apart, so that it delays no other job.
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("urgent", "bulk", "default")]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    **{
        name: {"queue": "urgent"}
        for name in (
            "notifications.send_due",
            "notifications.send_texts",
            "notifications.drop_calls",
            "accounts.reset_due_mfa",
            "delivery.notify_waiting_list",
            "delivery.plan_windows",
            "audit.seal",
            "pages.note_beat",
        )
    },
    **{
        name: {"queue": "bulk"}
        for name in (
            "notifications.send_bulk",
            "certification.queue_renewal_reminders",
            "certification.finish_renewal_reminders",
            "certification.queue_office_weeks",
        )
    },
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis for days, where Celery would end after 100 tries
# A Redis that hangs is waited for a second, and no request waits for it. No message is lost: its row is in the
# outbox. Celery and Kombu each try again, one inside the other: with only one of them off it takes 4 to 6 seconds.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 0,
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "visibility_timeout": 300,
    "unacked_restore_throttle": 1,
}

# --- The program's figures that a deployment may change ------------------------------------------------------------

RENEWAL_OPENS_DAYS = env.int("RENEWAL_OPENS_DAYS", 30)
EXAM_MAX_AGE_DAYS = env.int("EXAM_MAX_AGE_DAYS", 180)
WITHDRAWAL_STOP_DAYS = env.int("WITHDRAWAL_STOP_DAYS", 30)  # how many days deliveries may continue after a withdrawal
INVITATION_VALID_DAYS = env.int("INVITATION_VALID_DAYS", 14)
FOUR_EYES = env.bool("FOUR_EYES", True)  # whoever entered a proof of a physician cannot verify it
WEEKS_OF_WINDOWS = 8
# The file to which the digest of each new seal of the audit is appended, best on another machine; "" for none.
AUDIT_SEAL_FILE = env.str("AUDIT_SEAL_FILE", "")

# --- What operators see --------------------------------------------------------------------------------------------

SENTRY_DSN = env.str("SENTRY_DSN", "").strip()
if SENTRY_DSN:
    from sentry_sdk.utils import BadDsn

    from mmp_portal.sentry import report_errors  # this import takes a second

    try:
        report_errors(SENTRY_DSN)
    except BadDsn as error:
        raise ImproperlyConfigured(f"The portal cannot start. SENTRY_DSN is no address of Sentry: {error}") from error
METRICS_TOKEN = env.str("METRICS_TOKEN", "")  # a request with it reads /metrics without an account

# --- Logs ----------------------------------------------------------------------------------------------------------

LOGGING = logging_config(debug=DEBUG)
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # audit/middleware.py binds the address that trusted proxies give
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # one line a request: that of its end has all that it had
logging.captureWarnings(not DEBUG)  # as lines of the log, not as plain text
configure_structlog()
