"""How long a person needs to read a draft, at least; and when a draft was shown to whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from compound.connector.state.desk_tables import review_shown

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

WORDS_PER_S: Final = 7.0
"""The fastest reading that still understands: 420 words a minute; most adults read 200 to 300."""
SIGNS_PER_S: Final = 12.0
"""The same for scripts without spaces (Chinese, Japanese, Thai), in characters."""
LEAST_S: Final = 1.0
"""The least time for any draft, in seconds."""
_SIGN: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_WORD: Final = re.compile(r"\w+(?:[.,':/\u2019-]\w+)*")
_SHOWN: Final = review_shown.c


def reading_seconds(text: str) -> float:
    """The least time in which a person can read a text and understand it, in seconds."""
    signs = len(_SIGN.findall(text))
    words = len(_WORD.findall(_SIGN.sub(" ", text)))
    return max(LEAST_S, words / WORDS_PER_S + signs / SIGNS_PER_S)


def note_shown(db: Connection, review_id: str, person: str, draft_seq: int, *, now: float) -> None:
    """Write down when a draft was first shown to a person; later showings change nothing."""
    row = {"review_id": review_id, "person": person, "draft_seq": draft_seq, "shown_at": now}
    if first_shown(db, review_id, person, draft_seq) is None:
        if db.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert

            db.execute(insert(review_shown).values(row).on_conflict_do_nothing())
        else:
            db.execute(sa.insert(review_shown).prefix_with("OR IGNORE").values(row))


def first_shown(db: Connection, review_id: str, person: str, draft_seq: int) -> float | None:
    """When a draft was first shown to a person, UTC seconds; None if it never was."""
    query = sa.select(_SHOWN.shown_at).where(
        _SHOWN.review_id == review_id, _SHOWN.person == person, _SHOWN.draft_seq == draft_seq
    )
    return db.execute(query).scalar_one_or_none()
