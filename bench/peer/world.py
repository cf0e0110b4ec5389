"""The world of django-appointment: services, each with a member of staff who offers it, and people who are signed in.

It answers the calls of `builds.OtherWorld`, as `bench/world.py` does.
"""

import json
import os
import sys
from datetime import timedelta
from uuid import uuid4

SERVICES = 32  # many more than people who order at the same time, because the peer lets two of them take one slot
A_DAY = 9  # appointments of a member of staff on a day, of 19 slots


class World:
    def __init__(self):
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("migrate", run_syncdb=True, verbosity=0)  # the package comes without migrations
        from appointment.models import Config, Service, StaffMember, WorkingHours
        from django.contrib.auth import get_user_model

        Config.objects.create(slot_duration=30, lead_time="09:00", finish_time="18:30", website_name="Clinic")
        self.services = []
        for number in range(SERVICES):
            service = Service.objects.create(name=f"Service {number}", duration=timedelta(minutes=30), price=0)
            user = get_user_model().objects.create_user(f"staff{number}", f"staff{number}@example.org", uuid4().hex)
            staff = StaffMember.objects.create(user=user, work_on_saturday=True, work_on_sunday=True)
            staff.services_offered.add(service)
            for day in range(7):
                WorkingHours.objects.create(staff_member=staff, day_of_week=day, start_time="09:00", end_time="18:30")
            self.services.append((service.pk, staff.pk))
        self.ordered = 0

    def people(self, count, **_options):
        """Return the session keys of `count` new users."""
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
        from django.contrib.sessions.backends.db import SessionStore

        keys = []
        for _person in range(count):
            name = uuid4().hex
            person = get_user_model()(
                username=name, email=f"{name}@example.org", first_name="Rosa", last_name="Delgado"
            )
            person.password = "pbkdf2_sha256$1$made-up$made-up"  # hashed in no time
            person.save()
            session = SessionStore()
            session[SESSION_KEY] = str(person.pk)
            session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
            session[HASH_SESSION_KEY] = person.get_session_auth_hash()
            session.save()
            keys.append(session.session_key)
        return keys

    def orders(self, count):
        """Return what people choose: a service, its member of staff, and a day with free slots."""
        from django.utils import timezone

        chosen = []
        for number in range(self.ordered, self.ordered + count):
            service, staff = self.services[number % SERVICES]
            day = timezone.localdate() + timedelta(days=2 + number // SERVICES // A_DAY)
            chosen.append({"service": service, "staff": staff, "day": day.isoformat()})
        self.ordered += count
        return chosen

    def analyze(self):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def main():
    answers, sys.stdout = sys.stdout, sys.stderr
    sys.path[0] = os.getcwd()
    world = World()
    for line in sys.stdin:
        name, args, kwargs = json.loads(line)
        print(json.dumps(getattr(world, name)(*args, **kwargs)), file=answers, flush=True)


if __name__ == "__main__":
    main()
