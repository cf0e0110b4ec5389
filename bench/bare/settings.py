"""The settings of the bare view in `make bench`: the portal's tables, with Django's sessions, sign-in and CSRF only."""

from mmp_portal.settings import *  # noqa: F403

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # needed by allauth, to whose tables ours refer
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
ROOT_URLCONF = "bench.bare.views"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [BASE_DIR / "bench" / "bare"]}]  # noqa: F405
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
