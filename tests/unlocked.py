"""The portal without row locks and with a pause between check and write: the control for the races over HTTP."""

import time
from importlib import import_module

from django.db.models.query import QuerySet

PAUSE = 0.35  # s: eight who wait for one row one after the other stay below the 3 s of lock_timeout

application = import_module("mmp_portal.wsgi").application  # before anything that needs Django's settings
rules = import_module("delivery.rules")
check = rules.check_allotment_left


def check_slowly(*args):
    check(*args)
    time.sleep(PAUSE)


QuerySet.select_for_update = lambda self, **kwargs: self._chain()
import_module("delivery.models").DeliveryWindow.objects.all().__class__.with_room = lambda self: self
rules.check_allotment_left = check_slowly
