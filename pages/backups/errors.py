import errno


class BackupError(Exception):
    """A backup or a restore failed. The message is one sentence for the operator that says why and what to do."""


# A file size limit of the process (EFBIG) and a quota (EDQUOT) stop a write like a full disk.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_full(error: OSError) -> bool:
    """Return whether a write failed because there was no room left."""
    return error.errno in _NO_ROOM
