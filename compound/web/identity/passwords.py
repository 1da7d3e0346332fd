"""Passwords: argon2 hashes, and how long one must be."""

from __future__ import annotations

from typing import Final

from compound.errors import DataError

SHORTEST: Final = 12
"""Characters of a password."""
LONGEST: Final = 1000
"""Longer ones are refused: hashing them would cost the server time."""
_DUMMY: Final = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$Jx6Yv7r0Yq0c4wZ0mYkTgWJm3m0b9O2n4o7kQ4bX0mE"


def hash_password(password: str) -> str:
    """The argon2 hash of a password.

    Raises:
        DataError: `web.password`: it is too short or too long.
    """
    from argon2 import PasswordHasher

    if not SHORTEST <= len(password) <= LONGEST:
        what = f"the password has {len(password)} characters"
        raise DataError("web.password", what, fix=f"use {SHORTEST} to {LONGEST}: a few words are easy to remember")
    return PasswordHasher().hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Whether a password has this hash; without a hash it takes as long and does not."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(stored or _DUMMY, password[:LONGEST]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
