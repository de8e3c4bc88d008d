"""Passwords as Argon2id hashes, at the least cost that OWASP still recommends (19 MiB, 2 rounds):
a machine of 256 MB must be able to check a few at once.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB = 19_456


class ArgonPasswords:
    """Hashes and checks; both take some tens of milliseconds, on purpose."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=MEMORY_KIB, parallelism=1)
        # What an unknown person's password is held against, so that time tells nothing.
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """What is kept of the password."""
        return self._hasher.hash(password)

    def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password; without a hash it never is, and takes as long to say."""
        try:
            return self._hasher.verify(password_hash or self._nobody, password) and bool(
                password_hash
            )
        except (VerificationError, InvalidHashError):
            return False
