"""What a session shows of a review: source, draft, evidence, what approving does, and the keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from compound.cli.output import console, say, visible, wrapped

if TYPE_CHECKING:
    from compound.project import Decided, ReviewView

KEYS: Final = {
    "approve": ("a", "approve: do what is shown"),
    "edit": ("e", "edit the text or the fields, then approve the result"),
    "reject": ("r", "reject: do nothing"),
    "return": ("b", "return with an instruction; the graph drafts again"),
    "escalate": ("x", "escalate: another person of the next level decides"),
    "snooze": ("s", "snooze: it comes back by itself"),
    "skip": ("j", "skip: it stays in the queue"),
    "undo": ("z", "undo the last decision of this session, before its effects run"),
    "redraft": ("d", "draft again from the present data"),
    "help": ("?", "this help"),
    "quit": ("q", "quit; nothing that is decided is lost"),
}
"""Name of a key to the key and what it does."""
_OWN: Final = "fghiklmnoptuvwcy123456789"
"""Keys for actions that a graph declares itself."""
_PASSED: Final = {"return": "the graph drafts again", "escalate": "the next level has it"}
_WORDS: Final = re.compile(r"\s+|\S+")


def keys_of(view: ReviewView, *, may_undo: bool) -> dict[str, str]:
    """Key to what it does, for a review: the declared actions first."""
    found: dict[str, str] = {}
    if view.status == "stale":
        found[KEYS["redraft"][0]] = "redraft"
        rest = ("skip",)
    else:
        for action in sorted(view.offers, key=lambda one: one not in KEYS):
            found[KEYS[action][0] if action in KEYS else _own(action, found)] = action
        rest = ("return", "escalate", "snooze", "skip")
    for name in (*rest, *(("undo",) if may_undo else ()), "help", "quit"):
        found.setdefault(KEYS[name][0], name)
    return found


def _own(action: str, taken: Mapping[str, str]) -> str:
    """The first letter of an action that is free."""
    letters = [one for one in action.lower() if one in _OWN] + list(_OWN)
    return next(one for one in letters if one not in taken)


def prompt_of(keys: Mapping[str, str]) -> str:
    """The keys in one line: `[a]pprove  [h]and on  [b] return`."""
    return "  ".join(_named(key, name.replace("_", " ")) for key, name in keys.items())


def _named(key: str, name: str) -> str:
    at = name.lower().find(key)
    return f"{name[:at]}[{key}]{name[at + 1 :]}" if at == 0 else f"[{key}] {name}"


def say_help(keys: Mapping[str, str]) -> None:
    """What each key does."""
    for key, name in keys.items():
        said = KEYS[name][1] if name in KEYS else f"{name.replace('_', ' ')}: what the review says above"
        say(f"  {key}  {said}")


def say_review(view: ReviewView, sentences: Sequence[str], left: str) -> None:
    """A review as `show` has it, without the commands; last what approving does."""
    say("")
    say("─" * min(console().width, 100))
    say(wrapped(visible(view.text(commands=False).rstrip())))
    say("")
    for one in sentences:
        say(wrapped(visible(one)))
    if left:
        say(left)


def changed_words(before: str, after: str) -> str:
    """A text with what a person changed: `[-old-]{+new+}`."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    made: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            made.append(come)
            continue
        made += [f"[-{gone}-]"] if gone.strip() else []
        made += [f"{{+{come}+}}"] if come.strip() else [come]
    return "".join(made)


def outcome(decided: Decided) -> str:
    """What a decision did, in one line."""
    effects = ", ".join(f"{one.get('name')} {one.get('status')}" for one in decided.effects)
    if decided.undo_until:
        return f"{decided.action}: nothing is done before {decided.undo_until}; z undoes it"
    if decided.action in _PASSED:
        return f"{decided.action}: {_PASSED[decided.action]}"
    if decided.agree:
        return f"{decided.action}: kept; another person must agree"
    done = effects or ("nothing was sent or changed" if decided.ok else decided.run_status)
    return f"{decided.action}: {done}"
