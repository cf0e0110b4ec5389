#!/usr/bin/env bash
# prometheus-client 0.26.0 in multiprocess mode gives no metrics at all while one process is only just beginning.
#
# A process opens its file first, and makes room in it by a second call to the system. Who collects between the two finds
# an empty file, and `collect()` raises struct.error: the counts of all other processes are lost for that scrape. A file
# that is gone meanwhile is left out, so one expects the same of a file with nothing in it. A page that answers Prometheus
# becomes a 500 for a moment, whenever a server or worker starts or is replaced.
#
# Seen: a counter of 3 in the file of one process, then the same beside the file of a process that begins.
#   one process: orders_total 3.0
#   another begins: error: unpack_from requires a buffer of at least 4 bytes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/python -m pip install --quiet --disable-pip-version-check prometheus-client==0.26.0

mkdir files
export PROMETHEUS_MULTIPROC_DIR="$folder/files"
tools/bin/python -c 'from prometheus_client import Counter; Counter("orders", "Orders.").inc(3)'
cat >collect.py <<'PYTHON'
import os
import struct

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

collector = MultiProcessCollector(CollectorRegistry(), os.environ["PROMETHEUS_MULTIPROC_DIR"])
try:
    print(*[f"{sample.name} {sample.value}" for metric in collector.collect() for sample in metric.samples])
except struct.error as error:
    print(f"error: {error}".split(" at offset")[0].split(" for unpacking")[0])
PYTHON
one=$(tools/bin/python collect.py)
: >files/counter_99999.db
other=$(tools/bin/python collect.py)
echo "one process: $one"
echo "another begins: $other"
[ "$one" = "orders_total 3.0" ]
[[ "$other" == "error: unpack_from requires a buffer of at least 4 bytes"* ]]
