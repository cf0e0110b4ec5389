import errno


class BackupError(Exception):
    """Why a backup or a restore did not happen: one sentence for the operator, with what to do."""


# A file size limit of the process (EFBIG) and a quota stop a write as a full disk does.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_full(error: OSError) -> bool:
    """Whether a write failed because there was no room left."""
    return error.errno in _NO_ROOM
