"""Celery with a sender that marks a message before it sends it: the control for the proof that a kill loses none."""

import time

import django

from mmp_portal.celery import app

django.setup()

from notifications import actions, emails, writes  # noqa: E402

__all__ = ["app"]


def mark_then_send(self, notification, mail):
    writes.mark_sent(notification, emails.message_id_for(notification))
    time.sleep(0.2)  # a slow line, so that a kill falls between marking and sending
    self.line.send(mail)
    return True


actions._Batch._post = mark_then_send
