"""The monitoring program of the state machine in tests/delivery/test_machine.py, and what holds of its reports."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from dispensing import actions, gateways
from dispensing.models import DispensedUnit, ReportFile, ReportRecord
from tests.dispensing.test_reporting import answer_to

HOUR = timedelta(hours=1)
BEATS = [timedelta(minutes=minutes) for minutes in (1, 14, 1)]
pick = st.integers(0, 99)


class Program:
    """The server and the program behind it: files by name, and the names of those in which it found an error."""

    def __init__(self):
        self.files, self.refused, self.ill = {}, set(), ""

    def fall_ill(self, ill):
        self.ill = ill

    def upload(self, name, content):
        assert self.files.get(name, content) == content, "another file under the same name"
        if self.ill != "away":
            self.files[name] = content
        if self.ill:
            raise gateways.ServerTrouble("The server was away.")

    def units(self):
        """Return the serials of which it was told last that they are dispensed, read without the code that writes."""
        told = {}
        for name, content in self.files.items():
            for line in content.decode("ascii").split("~\n") if name not in self.refused else ():
                tag, *elements = line.split("*")
                if tag == "DSP" and elements[0]:
                    told[int(elements[1])] = elements[0] != "02"
        return {serial for serial, is_dispensed in told.items() if is_dispensed}


class BeatClock:
    """A clock during whose jumps the jobs of every minute run three times. The program is well from the second on."""

    def __init__(self, clock):
        self.clock, self.program = clock, Program()

    def shift(self, delta):
        self.move_to(timezone.now() + delta)

    def move_to(self, when):
        if when - timezone.now() > sum(BEATS, timedelta()):
            for pause in BEATS:
                self.clock.shift(pause)
                actions.make_files(now=timezone.now(), by=None)
                actions.send_reports(by=None)
                self.program.ill = ""
        self.clock.move_to(when)


@pytest.fixture
def beats(monday, settings, monkeypatch):
    """Return a clock with a monitoring program, to whose server reports are sent."""
    clock = BeatClock(monday)
    settings.REPORT_SERVER = {"host": "localhost"}
    monkeypatch.setattr(gateways, "upload", lambda name, content: clock.program.upload(name, content))
    return clock


class ReportSteps:
    """The server is away or loses the connection, the program answers, and every unit is reported within the hour."""

    @precondition(lambda self: DispensedUnit.objects.exists())
    @rule(ill=st.sampled_from(["away", "lost"]))
    def trouble(self, ill):
        """The next upload arrives and nobody knows it, or does not arrive."""
        self.do(self.world.clock.program.fall_ill, ill=ill)

    @precondition(lambda self: ReportFile.objects.filter(status="sent").exists())
    @rule(which=pick, is_error=st.booleans())
    def answer_report(self, which, is_error):
        """An error is dealt with at once: all of the file goes into a new one."""
        file = self.nth(ReportFile.objects.filter(status="sent"), which)
        text = answer_to(file.control_number, "03" if is_error else "02")
        self.do(actions.record_answer, text=text, by=None)
        if is_error:
            self.world.clock.program.refused.add(file.name)
            self.do(actions.send_file_again, file=file, by=self.world.staff)
            self.world.clock.shift(timedelta(minutes=17))

    def end_with_reports(self):
        """Let an hour pass: then the program knows of each unit that a patient has, and of no other."""
        self.world.clock.shift(HOUR)
        given = DispensedUnit.objects.with_patients().values_list("pk", flat=True)
        assert self.world.clock.program.units() == set(given)

    @invariant()
    def each_unit_is_reported_within_the_hour_and_void_when_it_came_back(self):
        """Since when a unit is with the patient or not is what this machine has seen, not what the tables say."""
        now, reported = timezone.now(), self.world.clock.program.units()
        for serial, place in DispensedUnit.objects.values_list("serial", "place"):
            is_there = place == DispensedUnit.Place.PATIENT
            was_there, since = self.seen.setdefault(serial, (is_there, now))
            if was_there != is_there:
                self.seen[serial] = (is_there, now)
            elif now - since > HOUR:
                assert (serial in reported) == is_there

    @invariant()
    def nothing_is_reported_that_was_not_handed_over(self):
        assert self.world.clock.program.units() <= set(ReportRecord.objects.values_list("unit", flat=True))
