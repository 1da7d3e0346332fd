"""What a decision does, in one sentence and as rows before and after: from its effects and their targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from compound.web.site.times import decimal

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import FieldChange, RowChange
    from compound.project.review.sight.foreseen import ForeseenDecision, ForeseenEffect
    from compound.web.site.words import Words

    Record = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A value of a row before and after.

    Attributes:
        is_new: Whether the row has no such value now.
        is_gone: Whether it has none afterwards.
    """

    name: str
    before: str
    after: str
    is_new: bool
    is_gone: bool


def sentence(decision: ForeseenDecision, item: Record, name: str, words: Words) -> str:
    """What a decision does, in one sentence: `Sends 1 reply to anna@x.example · changes 2 rows`.

    Args:
        decision: What the decision would do now.
        item: The source item, whose sender gets replies to it.
        name: Id of the source item.
        words: The language.
    """
    parts = [*_messages(decision.effects, item, name, words), *_rows(decision.effects, words)]
    parts += _amounts(decision.effects, words)
    others = [one for one in decision.effects if not one.rows and not one.messages]
    parts += [_other(one, words) for one in others]
    if not parts:
        return words.text("Nothing is sent or changed.")
    first, *rest = parts
    return " · ".join([first[:1].upper() + first[1:], *rest])


def _messages(effects: Sequence[ForeseenEffect], item: Record, name: str, words: Words) -> list[str]:
    told = Counter((one.kind, _who(one.to, item, name)) for effect in effects for one in effect.messages)
    said: list[str] = []
    for (kind, who), n in told.items():
        if kind == "transfer":
            said.append(words.text("hands it over to a person"))
        elif who:
            said.append(
                words.plural("sends %(n)s reply to %(who)s", "sends %(n)s replies to %(who)s", n) % {"n": n, "who": who}
            )
        else:
            said.append(words.plural("sends %(n)s message", "sends %(n)s messages", n) % {"n": n})
    return said


def _who(to: str, item: Record, name: str) -> str:
    """Who gets a reply: the sender of the item, by address if the channel gives one."""
    address = item.get("email")
    return address if to and to in (name, item.get("id")) and isinstance(address, str) and address else to


def _rows(effects: Sequence[ForeseenEffect], words: Words) -> list[str]:
    rows = [row for one in effects for row in one.rows]
    changed = list(dict.fromkeys(row.ref for row in rows if row.version))
    added = list(dict.fromkeys(row.ref for row in rows if not row.version))
    said: list[str] = []
    if changed:
        text = words.plural("changes %(n)s row (%(which)s)", "changes %(n)s rows (%(which)s)", len(changed))
        said.append(text % {"n": len(changed), "which": _named(changed)})
    if added:
        text = words.plural("adds %(n)s row (%(which)s)", "adds %(n)s rows (%(which)s)", len(added))
        said.append(text % {"n": len(added), "which": _named(added)})
    return said


def _named(refs: Sequence[str]) -> str:
    return ", ".join([one.partition("/")[2] for one in refs[:2]]) + (" …" if len(refs) > 2 else "")


def _amounts(effects: Sequence[ForeseenEffect], words: Words) -> list[str]:
    amounts = [one.amount for one in effects if one.amount]
    return [words.text("moves %(amount)s") % {"amount": decimal(words, sum(amounts), 2)}] if amounts else []


def _other(effect: ForeseenEffect, words: Words) -> str:
    named = effect.name.replace("_", " ")
    where = f" ({effect.target})" if effect.target else ""
    if effect.when:
        return words.text("does “%(name)s”%(where)s if %(when)s") % {"name": named, "where": where, "when": effect.when}
    return words.text("does “%(name)s”%(where)s") % {"name": named, "where": where}


LONGEST: Final = 56
"""Characters of a button; a longer one counts the rows instead of naming them."""


def verbs(decision: ForeseenDecision, words: Words) -> str:
    """What a button says: the names of the effects with the rows that each changes; empty without effects."""
    rows: dict[str, list[str]] = {}
    for one in decision.effects:
        keys = [row.ref.partition("/")[2] for row in one.rows]
        rows.setdefault(one.name.replace("_", " "), []).extend(keys)
    named = [f"{name} {', '.join(dict.fromkeys(keys))}".strip() for name, keys in rows.items()]
    text = _joined(named, words)
    if len(text) > LONGEST:
        text = _joined([f"{name} ({len(keys)})" if len(keys) > 1 else name for name, keys in rows.items()], words)
    return text[:1].upper() + text[1:]


def _joined(said: list[str], words: Words) -> str:
    shown = said[:2] if len(said) <= 2 else said[:1]
    text = words.text(" and ").join(shown)
    if left := len(said) - len(shown):
        text += words.plural(" and %(n)s more", " and %(n)s more", left) % {"n": left}
    return text


def lines_of(row: RowChange, words: Words) -> Sequence[Line]:
    """The values of a row before and after; a list shows only what enters and leaves it."""
    return [line for one in row.fields for line in _lines(one, words)]


def _lines(one: FieldChange, words: Words) -> list[Line]:
    name = one.name.replace("_", " ").replace(".", " · ")
    if isinstance(one.before, list) and isinstance(one.after, list):
        return _of_lists(name, one.before, one.after, words)
    return [_line(name, one.before, one.after, words)]


def _of_lists(name: str, before: list[JsonValue], after: list[JsonValue], words: Words) -> list[Line]:
    gone = [one for one in before if one not in after]
    come = [one for one in after if one not in before]
    made: list[Line] = []
    for index in range(max(len(gone), len(come))):
        old = gone[index] if index < len(gone) else None
        new = come[index] if index < len(come) else None
        if isinstance(old, dict) and isinstance(new, dict):
            same = old.keys() & new.keys()
            first = next((f" ({one})" for key, one in new.items() if old.get(key) == one and isinstance(one, str)), "")
            made += [
                _line(f"{name}{first} · {key}".replace("_", " "), old.get(key), new.get(key), words)
                for key in dict.fromkeys([*old, *new])
                if key not in same or old[key] != new[key]
            ]
        else:
            made.append(_line(name, old, new, words))
    return made


def _line(name: str, before: JsonValue, after: JsonValue, words: Words) -> Line:
    return Line(
        name=name,
        before=_text(before, words),
        after=_text(after, words),
        is_new=before in (None, ""),
        is_gone=after in (None, ""),
    )


def _text(value: JsonValue, words: Words) -> str:
    match value:
        case None:
            return ""
        case bool():
            return words.text("yes") if value else words.text("no")
        case float():
            return f"{round(value, 6):.15g}"
        case dict():
            return ", ".join(f"{name.replace('_', ' ')} {_text(one, words)}" for name, one in value.items())
        case list():
            return ", ".join(_text(one, words) for one in value)
        case _:
            return str(value)
