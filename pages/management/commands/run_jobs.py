import time
from typing import Any

from celery import current_app as app
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

LOOK = 2  # seconds


class Command(BaseCommand):
    help = "Run every scheduled job once, in this process: what Celery beat and a worker do where there is a Redis."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=int, metavar="SECONDS", help="go on, and run them again after that long")

    def handle(self, *args: Any, **options: Any) -> None:
        self.run()
        while options["every"]:
            self.wait(options["every"])
            self.run()

    def wait(self, seconds: int) -> None:
        """Somebody looks at the progress of what she has uploaded: that is not left waiting for the minute to end."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(LOOK, left))
            close_old_connections()
            app.tasks["accounts.import_rosters"].apply()

    def run(self) -> None:
        app.autodiscover_tasks(force=True)
        for name, job in app.conf.beat_schedule.items():
            result = app.tasks[job["task"]].apply()
            self.stdout.write(f"{name}: {result.get(disable_sync_subtasks=False)}")
