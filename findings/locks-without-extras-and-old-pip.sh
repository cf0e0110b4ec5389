#!/usr/bin/env bash
# A hash lock that `uv pip compile` writes by default installs with pip 24.0, and not with the pip of Debian 12 (23.0.1).
#
# uv 0.13.9 leaves extras out of the lock unless it is told `--no-strip-extras`. Where a dependency asks for
# `planted[more]`, the line `planted==1.0` is enough from pip 24.0 on. To pip 23.0.1, `planted[more]` is a package of its
# own that the lock does not name: it takes the newest release, 1.1, and stops. So a lock that nobody has touched stops
# working on the day on which 1.1 is released. A lock with `--no-strip-extras` installs with both.
#
# Seen:
#   default lock:            planted==1.0
#   pip 23.0.1, before 1.1:  installs
#   pip 23.0.1, after 1.1:   ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==.
#   pip 24.0, after 1.1:     installs
#   --no-strip-extras:       planted[more]==1.0, which pip 23.0.1 installs after 1.1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# pip 23.0.1 is the oldest tried and does not start on Python 3.12: Debian 12's own Python is 3.11.
python3 -c 'import sys; sys.exit(sys.version_info[:2] > (3, 11))' || { echo "needs Python 3.11" >&2; exit 1; }

python3 -m venv old && old/bin/python -m pip install --quiet --disable-pip-version-check pip==23.0.1 uv==0.13.9
python3 -m venv new && new/bin/python -m pip install --quiet --disable-pip-version-check pip==24.0

write_wheel() { # name, version, a line of metadata
    mkdir -p index
    python3 - "$@" <<'PYTHON'
import sys, zipfile

name, version, line = sys.argv[1:]
info = f"{name}-{version}.dist-info"
files = {
    f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{line}\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
with zipfile.ZipFile(f"index/{name}-{version}-py3-none-any.whl", "w") as archive:
    for path, text in files.items():
        archive.writestr(path, text)
PYTHON
}

write_lock() { # lock, options
    local lock=$1
    shift
    echo asking >asked.in
    old/bin/uv pip compile --quiet --no-config --no-index --find-links index --generate-hashes --no-annotate \
        --no-emit-find-links --no-header "$@" --output-file "$lock" asked.in
}

answer() { # environment, lock
    if "$1/bin/python" -m pip install --quiet --disable-pip-version-check --dry-run --no-index --find-links index \
        --require-hashes -r "$2" 2>error; then
        echo installs
    else
        grep -o 'all requirements must have their versions pinned with ==' error
    fi
}

write_wheel planted 1.0 "Provides-Extra: more"
write_wheel asking 1.0 "Requires-Dist: planted[more]"
write_lock default.txt
write_lock whole.txt --no-strip-extras
seen="$(grep -o '^planted[^ ]*' default.txt) / $(grep -o '^planted[^ ]*' whole.txt)
old pip, before the release: $(answer old default.txt)"
write_wheel planted 1.1 "Provides-Extra: more"
seen="$seen
old pip, after the release: $(answer old default.txt)
new pip, after the release: $(answer new default.txt)
old pip, lock with extras: $(answer old whole.txt)"
echo "$seen"
[ "$seen" = "planted==1.0 / planted[more]==1.0
old pip, before the release: installs
old pip, after the release: all requirements must have their versions pinned with ==
new pip, after the release: installs
old pip, lock with extras: installs" ]
