"""The portal without one of its middlewares (WITHOUT_MIDDLEWARE): the control of what that middleware promises."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.MIDDLEWARE.remove(os.environ["WITHOUT_MIDDLEWARE"])
application = get_wsgi_application()
