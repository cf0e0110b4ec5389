"""The portal with the pages of tests/planted.py, whose faults `make scan` must find before it scans the portal."""

from importlib import import_module

application = import_module("mmp_portal.wsgi").application  # before anything that needs Django's settings
import_module("django.conf").settings.ROOT_URLCONF = "tests.planted"
