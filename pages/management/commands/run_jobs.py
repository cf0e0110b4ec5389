import time
from typing import Any

from celery import current_app as app
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

LOOK_EVERY = 2  # seconds between two looks for uploaded rosters


class Command(BaseCommand):
    help = "Run every scheduled job once in this process. With Redis, Celery beat and a worker do this instead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every", type=int, metavar="SECONDS", help="keep running, and repeat all jobs after so many seconds"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.run()
        while options["every"]:
            self.wait(options["every"])
            self.run()

    def wait(self, seconds: int) -> None:
        """Wait so many seconds; import uploaded rosters meanwhile, because somebody watches their progress."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(LOOK_EVERY, left))
            close_old_connections()
            app.tasks["accounts.import_rosters"].apply()

    def run(self) -> None:
        app.autodiscover_tasks(force=True)
        for name, job in app.conf.beat_schedule.items():
            result = app.tasks[job["task"]].apply()
            self.stdout.write(f"{name}: {result.get(disable_sync_subtasks=False)}")
