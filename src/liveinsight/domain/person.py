"""People: who signs in, and what each role may do.

An owner may do all, an admin all but decide on people, a viewer may read.
"""

import re
from enum import StrEnum

from msgspec import Struct

from liveinsight.domain.errors import Invalid

MIN_PASSWORD_CHARS = 10
# Longer ones only cost time to hash; nobody types them.
MAX_PASSWORD_CHARS = 200
MAX_EMAIL_CHARS = 254
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Role(StrEnum):
    """From most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    VIEWER = "viewer"

    @property
    def manages(self) -> bool:
        """Whether sites, keys, shares and goals are this role's to change."""
        return self is not Role.VIEWER


class Person(Struct, frozen=True, kw_only=True):
    """Somebody with an account; of the password only its hash is kept."""

    email: str
    role: Role
    password_hash: str
    created_ms: int


def checked_email(text: str) -> str:
    """The address as it is kept: people write it in either case."""
    email = text.strip().lower()
    if len(email) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(email):
        raise Invalid("email", f"{text!r} is no e-mail address")
    return email


def checked_password(text: str) -> str:
    """The password, if it is long enough to be one."""
    if not MIN_PASSWORD_CHARS <= len(text) <= MAX_PASSWORD_CHARS:
        raise Invalid(
            "password", f"must be {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters"
        )
    return text


def checked_role(text: str) -> Role:
    """The role of that name."""
    try:
        return Role(text)
    except ValueError:
        raise Invalid("role", f"{text!r} is no role; there are {', '.join(Role)}") from None
