"""Finds unexplained parts of a ticket: every sentence is part of a wish, or plain talk, or is shown to a person.

In a sentence with a wish every word must be known, and none may be able to reverse a wish. A sentence that names
nothing of the shop and asks for nothing is talk: there only conditions and second thoughts count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set

from ..letters.asides import find_asides
from ..letters.courtesy import is_courtesy
from ..letters.script import Script
from ..letters.wishes import Frame
from ..lexicon.words import fold, split_words
from ..shop.facts import Facts
from .framing import BRANDS

_PLAIN = ("function", "filler", "wish", "noun", "status", "pay", "target", "phrase", "reason", "act", "stays")
_USED = {"order", "options", "address", "payment", "item"}
_DESK = {"address", "default_address", "payment", "order", "all", "all_orders", "money", "difference", "email"}
_SHORT = 3
"""A negation in a sentence with at most this number of words is an answer or an order, not a story."""


def find_unexplained(
    script: Script,
    frames: Sequence[Frame],
    left: Sequence[Frame],
    facts: Facts,
    *,
    unaccounted: Iterable[int],
    held: Collection[int] = (),
    why: Mapping[int, str] | None = None,
) -> list[str]:
    """The sentences with something that no wish and no courtesy explains; empty if all is understood.

    Args:
        script: The annotated text.
        frames: The wishes.
        left: Segments that belong to none.
        facts: The customer's documents: their own name and address need no explanation.
        unaccounted: Words that name something that no action uses.
        held: Sentences that were not read as wishes.
        why: Number of a sentence to the reason that it is not a wish, "an exception": it is shown after the sentence.
    """
    reader = _Reader(script, frames, facts)
    loose = set(unaccounted)
    asides = {number for number in find_asides(script) if _is_untouched(script, number, loose)}
    bad = {script.sentence[at] for at in loose} - script.appended - asides
    bad |= {number for frame in left for number in frame.sentences if frame.has_object or frame.acts or frame.asked}
    bad |= {
        number for number, words in _sentences(script).items() if number not in asides and not reader.explains(words)
    }
    kinds = why or {}
    return [
        _text(script, number) + (f" ({kinds[number]})" if number in kinds else "")
        for number in sorted(bad.union(set(held) - asides))
    ]


def _is_untouched(script: Script, number: int, loose: Collection[int]) -> bool:
    """Whether no action uses any order or thing that the sentence names."""
    orders = [at for at, entity in script.entities.items() if entity.kind == "order" and script.sentence[at] == number]
    things = [hit.start for hit in script.found if hit.kind == "thing" and script.sentence[hit.start] == number]
    return all(at in loose for at in (*orders, *things))


def _sentences(script: Script) -> dict[int, list[int]]:
    held: dict[int, list[int]] = {}
    for at, number in enumerate(script.sentence):
        held.setdefault(number, []).append(at)
    return held


class _Reader:
    """Properties of the words of one ticket."""

    def __init__(self, script: Script, frames: Sequence[Frame], facts: Facts) -> None:
        self.script = script
        self.used = {part for frame in frames for part in frame.parts}
        long_acts = {part for hit in script.hits if hit.kind == "act" and len(hit.parts) > 1 for part in hit.parts}
        second = {at for alternative in script.alternatives for at in alternative.marks}
        self.excused = script.tagged("phrase", "reason", "status", "pay") | long_acts | second
        self.excused |= script.tagged_as("noun", "all") | script.tagged_as("noun", "all_orders")
        self.price = script.tagged("price")
        self.pays = {pay.at for frame in frames for pay in frame.pays}
        self.plain = script.tagged(*_PLAIN)
        self.common = script.tagged("common", "opener")
        self.sharp = script.tagged("hazard", "neg", "soft", "hard") - self.excused
        self.soft = script.tagged("soft", "neg")
        self.negated = script.tagged("neg") - self.excused
        self.demands = script.tagged("demand")
        self.addressed = script.tagged("you")
        self.spare = script.tagged("spare")
        self.openers = script.tagged("opener")
        self.acts = script.tagged("act") - script.tagged("phrase", "reason")
        self.found = {part: hit for hit in script.found for part in hit.parts}
        self.values = {part for hit in script.found if hit.kind == "value" for part in hit.parts}
        self.desk = {
            part for hit in script.hits if hit.kind == "pay" or (hit.kind == "noun" and hit.value in _DESK)
            for part in hit.parts
        } - script.tagged("phrase", "reason")  # fmt: skip
        self.names = _names(facts) | set(BRANDS)
        customer = facts.customer
        self.email = fold(customer["email"])
        self.proof = {
            fold(word.raw)
            for text in (*customer["name"].values(), customer["address"]["zip"])
            for word in split_words(str(text))
        }  # fmt: skip

    def explains(self, words: Sequence[int]) -> bool:
        """Whether everything in the sentence is explained."""
        number, here = self.script.sentence[words[0]], set(words)
        said = [at for at in words if not self.script.words[at].is_mark]
        if number in self.script.appended:
            return number in self.script.notices or self._is_harmless(said)
        if number in self.script.heading:
            return not any(self._is_open(at) or (self._is_sharp(at) and at not in self.soft) for at in said)
        if is_courtesy(self.script, said, self.names) or self._says_who(words, here):
            return True
        # A request for something that is not a known wish is a different request: common words do not excuse it.
        serves = self.used & here & (self.acts | self.desk | set(self.found) | set(self.script.entities))
        known = self.plain | self.common if serves or not self.demands & here else self.plain
        rest = [at for at in said if at not in self._about_price(here)]
        if not any(self._is_open(at) or self._is_sharp(at) or not self._is_known(at, known) for at in rest):
            return True
        return self._is_talk(number, said)

    def _is_harmless(self, said: Sequence[int]) -> bool:
        """Whether a quoted part asks for nothing and has no unknown word."""
        known = self.plain | self.common
        return not set(said) & (self.acts | self.demands | self.sharp - self.soft) and all(
            self._is_known(at, known) for at in said
        )

    def _about_price(self, here: set[int]) -> Set[int]:
        """The words of "whatever the difference is" in a sentence on that difference and one payment method."""
        money = self.script.tagged_as("noun", "money") | self.script.tagged_as("noun", "difference")
        if not money & here or len(self.pays & here) != 1 or here & self.negated:
            return set()
        return self.price & here

    def _is_open(self, at: int) -> bool:
        """Something of the shop that no wish uses."""
        entity = self.script.entities.get(at)
        if entity is not None:
            return entity.kind == "money" or (entity.kind in _USED and (at not in self.used or entity.doubtful))
        return at in self.found and at not in self.used

    def _is_sharp(self, at: int) -> bool:
        return at in self.sharp and at not in self.values and at not in self.script.entities

    def _is_known(self, at: int, known: Collection[int]) -> bool:
        if at in known or at in self.found or at in self.script.entities or at in self.excused or self._is_name(at):
            return True
        # The issuer of a card adds nothing: "my Quillmoor gift card".
        return at + 1 in self.pays and self.script.words[at].raw[:1].isalpha()

    def _is_name(self, at: int) -> bool:
        word = self.script.words[at]
        return bool(self.names & {word.text, fold(word.raw)})

    def _says_who(self, words: Sequence[int], here: set[int]) -> bool:
        """Whether it only identifies the customer: their e-mail, or name and zip code, and nothing of the shop."""
        busy = self.acts | (self.sharp - self.soft - self.negated)
        if busy & here or any(at in self.found and at not in self.plain for at in words):
            return False
        kinds = {entity.kind for at in words if (entity := self.script.entities.get(at))}
        if kinds - {"email", "user", "number"}:
            return False
        texts = {fold(self.script.words[at].raw) for at in words}
        return self.email in texts or self.proof <= texts

    def _is_talk(self, number: int, said: Sequence[int]) -> bool:
        """A plain statement that names nothing of the desk's work and asks for nothing."""
        here = set(said)
        if number in self.script.questions or not said or said[0] not in self.openers or said[0] in self.negated:
            return False
        if here & self.addressed and not here & self.spare:
            return False
        if here & (self.desk | self.acts | self.demands) or any(at in self.script.entities for at in said):
            return False
        if any(self.found[at].kind != "key" for at in said if at in self.found):
            return False
        if len(said) <= _SHORT and here & self.negated:
            return False
        return not here & (self.sharp - self.soft)


def _names(facts: Facts) -> set[str]:
    customer = facts.customer
    said = [*customer["name"].values(), *customer["address"].values(), customer["user_id"], customer["email"]]
    said += [str(method.get("last_four", "")) for method in customer["payment_methods"].values()]
    return {fold(word.raw) for text in said for word in split_words(str(text)) if not word.is_mark} | {
        word.text for text in said for word in split_words(str(text))
    }


def _text(script: Script, number: int) -> str:
    inside = [word for word, which in zip(script.words, script.sentence, strict=True) if which == number]
    return script.text[inside[0].start : inside[-1].end][:300]
