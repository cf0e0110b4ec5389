"""How a password is hashed before it is stored."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PortalPasswordHasher(Argon2PasswordHasher):
    """Argon2id with the parameters that OWASP advises: a guess needs 19 MiB of memory, twice, in one lane.

    Django's own ask for 100 MiB in eight lanes. Each thread that checks a password holds the memory meanwhile.
    """

    memory_cost = 19_456  # KiB
    time_cost = 2
    parallelism = 1
