#!/usr/bin/env bash
# pyvroom 1.15.2 cuts fractions of a second off, without an error and without a warning.
#
# Its durations are whole numbers, which its types do not say: `set_durations_matrix` takes any array and converts it with
# `numpy.asarray(…, dtype="uint32")`, and a job passes its service time through int(). Whoever gives minutes, or hours, as
# floats gets a plan in which short drives take no time at all, so that stops are planned that nobody reaches. Give whole
# seconds, rounded up.
#
# Seen, for a drive of 0.99 to a job that takes 0.99:
#   the whole route takes 0, and nothing is unassigned, although the job may begin only until 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/python -m pip install --quiet --disable-pip-version-check pyvroom==1.15.2

tools/bin/python <<'PYTHON' | tee seen.txt
import warnings

import vroom

warnings.simplefilter("error")
asked = vroom.Input()
asked.set_durations_matrix("car", [[0, 0.99], [0.99, 0]])
asked.add_vehicle(vroom.Vehicle(1, start=0, end=0))
asked.add_job(vroom.Job(1, location=1, default_service=0.99, time_windows=[vroom.TimeWindow(0, 0)]))
summary = asked.solve(exploration_level=5, nb_threads=1).to_dict()["summary"]
print(f"duration {summary['duration']}, service {summary['service']}, unassigned {summary['unassigned']}")
PYTHON
[ "$(cat seen.txt)" = "duration 0, service 0, unassigned 0" ]
