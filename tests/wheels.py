"""Made-up packages for tests that read locks and install from them."""

import hashlib
import zipfile
from pathlib import Path


def make_wheel(folder: Path, name: str, version: str, *metadata: str, files: dict[str, str] | None = None) -> str:
    """Write a package with `files` (path in the wheel: text) into `folder` and return its SHA-256."""
    info = f"{name}-{version}.dist-info"
    members = {
        **(files or {}),
        f"{info}/METADATA": "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata, ""]),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: portal\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{info}/RECORD"
    members[record] = "".join(f"{path},,\n" for path in [*members, record])
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in members.items():
            member = zipfile.ZipInfo(path)
            member.external_attr = (
                0o100755 << 16
            )  # a regular file that may be executed: pip installs scripts only from such files
            archive.writestr(member, text)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()
