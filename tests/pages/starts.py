"""The staff's start page as one account reads it."""

from django.utils import timezone

from pages.context_processors import bar_of
from pages.staff_start import staff_start


def start_of(account, now=None):
    return staff_start(account, bar_of(account).groups, now=now or timezone.now())
