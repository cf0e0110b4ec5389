#!/usr/bin/env bash
# An empty PROMETHEUS_MULTIPROC_DIR does not switch the multiprocess mode of prometheus-client 0.26.0 off.
#
# Env files and compose files give an optional variable as `NAME=`, and most programs take that for "not set".
# prometheus-client asks only whether the name is in the environment. With an empty value it goes into multiprocess mode and
# writes the files of each process into whatever the current folder is. Whoever wants the mode off has to take the name out of
# the environment.
#
# Seen, after one increment of a counter:
#   unset: the current folder stays empty
#   empty: the current folder holds counter_PID.db
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/python -m pip install --quiet --disable-pip-version-check prometheus-client==0.26.0

mkdir unset empty
count='from prometheus_client import Counter; Counter("orders", "Orders.").inc()'
(cd unset && env -u PROMETHEUS_MULTIPROC_DIR ../tools/bin/python -c "$count")
(cd empty && PROMETHEUS_MULTIPROC_DIR= ../tools/bin/python -c "$count")
echo "unset: $(ls unset)"
echo "empty: $(ls empty | sed 's/[0-9][0-9]*/PID/')"
[ -z "$(ls unset)" ]
[ "$(ls empty | sed 's/[0-9][0-9]*/PID/')" = counter_PID.db ]
