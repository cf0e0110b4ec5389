"""The portal without the middleware that WITHOUT_MIDDLEWARE names: the control for a test of that middleware."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.MIDDLEWARE.remove(os.environ["WITHOUT_MIDDLEWARE"])
application = get_wsgi_application()
