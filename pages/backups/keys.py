"""Check that this portal has the keys and peppers of a backup. The archive holds probes, never a key."""

import hashlib
import hmac
from collections import Counter

from django.conf import settings

from pages.backups.errors import BackupError
from pages.backups.manifest import KeyFacts, Manifest
from ui.encryption import DecryptionError, decrypt, encrypt, keys

CONTEXT, PROBE = "backup.probe", "the keys are right"


def field_key_probes(counts: dict[str, Counter[str]]) -> dict[str, KeyFacts]:
    """Return, for the manifest, how many values each key has sealed, and a known text sealed with that key.

    `counts` is what `pages.sealed.key_counts` returns. A key that FIELD_KEYS does not hold has no probe.
    """
    total: Counter[str] = sum(counts.values(), Counter())
    return {
        key_id: {
            "values": total[key_id],
            "probe": encrypt(PROBE, context=CONTEXT, key_id=key_id) if key_id in keys() else None,
        }
        for key_id in dict.fromkeys([*keys(), *total])
    }


def pepper_probes() -> list[str]:
    """Return, for the manifest, a digest of a known text with each pepper, newest first."""
    return [hmac.new(pepper.encode(), CONTEXT.encode(), hashlib.sha256).hexdigest() for pepper in settings.SSN_PEPPERS]


def check_field_keys_open(manifest: Manifest) -> None:
    """Raise BackupError when FIELD_KEYS lacks a key that a value of the backup needs."""
    needed = {key_id: key["probe"] for key_id, key in manifest.field_keys.items() if key["values"] and key["probe"]}
    missing = [key_id for key_id in needed if key_id not in keys()]
    if missing:
        raise BackupError(
            f"FIELD_KEYS do not open this backup: the key {', '.join(missing)} is missing. Add the key that was in use "
            f"when the backup was made ({manifest.made_at}), behind the newest."
        )
    wrong = [key_id for key_id, probe in needed.items() if not _opens(probe)]
    if wrong:
        raise BackupError(
            f"FIELD_KEYS do not open this backup: the key {', '.join(wrong)} is not the key that was in use when "
            f"the backup was made ({manifest.made_at}). Set the keys of that time."
        )


def _opens(probe: str) -> bool:
    try:
        return decrypt(probe, context=CONTEXT) == PROBE
    except DecryptionError:
        return False


def check_peppers_match(manifest: Manifest) -> None:
    """Raise BackupError when SSN_PEPPERS lacks a pepper of the backup: physicians could not identify then."""
    ours = pepper_probes()
    missing = [str(place) for place, probe in enumerate(manifest.ssn_peppers, start=1) if probe not in ours]
    if missing:
        raise BackupError(
            f"SSN_PEPPERS do not fit this backup: of its {len(manifest.ssn_peppers)} peppers, newest first, number "
            f"{', '.join(missing)} is missing. Set the peppers that were in use when the backup was made."
        )


def lost_keys(manifest: Manifest) -> dict[str, int]:
    """Return the keys that were missing already when the backup was made, each with the number of its values."""
    return {key_id: key["values"] for key_id, key in manifest.field_keys.items() if key["values"] and not key["probe"]}
