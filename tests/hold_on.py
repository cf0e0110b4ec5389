"""Celery with a worker that holds on to its connection: the control for the proof that it goes on after a cut."""

from celery.fixups.django import DjangoWorkerFixup

from mmp_portal.celery import app

__all__ = ["app"]

DjangoWorkerFixup._close_database = lambda self: None
