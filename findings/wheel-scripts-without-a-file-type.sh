#!/usr/bin/env bash
# pip 26.3 and uv 0.13.9 install one script of one wheel with different permissions.
#
# A wheel whose archive entry for NAME.data/scripts/tool carries the permission bits 0755 but not the bits that say
# "regular file" (what `ZipInfo.external_attr = 0o755 << 16` writes) is a valid wheel. uv makes the script executable.
# pip makes a script executable only where the entry says S_IFREG as well, and otherwise installs, without a warning, a
# command that answers "Permission denied". Whoever writes wheels by hand writes 0o100755 << 16.
#
# Seen:
#   pip 26.3:  -rw-r--r-- tool
#   uv 0.13.9: -rwxr-xr-x tool
#   pip 26.3, with S_IFREG: -rwxr-xr-x tool
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv tools
tools/bin/python -m pip install --quiet --disable-pip-version-check pip==26.3 uv==0.13.9

write_wheel() { # folder, permission bits of the script
    mkdir "$1"
    python3 - "$1" "$2" <<'PYTHON'
import sys, zipfile

folder, bits = sys.argv[1], int(sys.argv[2], 8)
info = "tool-1.0.dist-info"
files = {
    "tool-1.0.data/scripts/tool": "#!/bin/sh\necho works\n",
    f"{info}/METADATA": "Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
with zipfile.ZipFile(f"{folder}/tool-1.0-py3-none-any.whl", "w") as archive:
    for path, text in files.items():
        entry = zipfile.ZipInfo(path)
        entry.external_attr = bits << 16
        archive.writestr(entry, text)
PYTHON
}

write_wheel plain 0755
write_wheel typed 0100755
for target in pip uv pip-typed; do tools/bin/uv venv --quiet --no-config --python python3 "$target"; done
tools/bin/python -m pip --python pip/bin/python install --quiet --no-index plain/*.whl
tools/bin/uv pip install --quiet --no-config --offline --python uv/bin/python plain/*.whl
tools/bin/python -m pip --python pip-typed/bin/python install --quiet --no-index typed/*.whl

seen=$(for target in pip uv pip-typed; do stat --format "$target %A" "$target/bin/tool"; done)
echo "$seen"
[ "$seen" = "pip -rw-r--r--
uv -rwxr-xr-x
pip-typed -rwxr-xr-x" ]
