import time

from celery import current_app as app
from django.core.management.base import BaseCommand
from django.db import close_old_connections


class Command(BaseCommand):
    help = "Run every scheduled job once, in this process: what Celery beat and a worker do where there is a Redis."

    def add_arguments(self, parser):
        parser.add_argument("--every", type=int, metavar="SECONDS", help="go on, and run them again after that long")

    def handle(self, *args, **options):
        self.run()
        while options["every"]:
            close_old_connections()
            time.sleep(options["every"])
            self.run()

    def run(self):
        app.autodiscover_tasks(force=True)
        for name, job in app.conf.beat_schedule.items():
            result = app.tasks[job["task"]].apply()
            self.stdout.write(f"{name}: {result.get(disable_sync_subtasks=False)}")
