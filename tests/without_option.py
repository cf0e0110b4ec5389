"""The portal without the option of its connections that WITHOUT_OPTION names: the control for a test of that option."""

import os

from django.conf import settings

name = os.environ["WITHOUT_OPTION"]
database = settings.DATABASES["default"]
(database if name in database else database["OPTIONS"]).pop(name)

from mmp_portal.wsgi import application  # noqa: E402

__all__ = ["application"]
