"""Properties of all words of a letter, looked up once for all of its sentences."""

from __future__ import annotations

from collections.abc import Mapping

from ..lexicon.grammar import Grammar, find_phrases, grammar, joining_words
from .script import Script

_MID = ("function", "noun", "status", "target", "pay", "stays")


class Letter:
    """Properties of all words of a letter.

    Args:
        script: The annotated letter.
        baskets: Id of an order of the customer to the products in it.
    """

    def __init__(self, script: Script, baskets: Mapping[str, frozenset[str]]) -> None:
        self.script = script
        self.baskets = baskets
        self.grammar: Grammar = grammar(script.language.language)
        self.negated = script.tagged("neg")
        self.hazards = script.tagged("hazard")
        self.soft = script.tagged("soft")
        self.asks = script.tagged("ask")
        self.acts = script.tagged("act")
        self.reasons = [hit for hit in script.hits if hit.kind == "reason"]
        self.things = {part: found for found in script.found if found.kind == "thing" for part in found.parts}
        seconds = {at for choice in script.alternatives for at in choice.marks | choice.words}
        values = {part for found in script.found if found.kind == "value" for part in found.parts}
        settled = script.tagged("pay", "price") & self._money()
        self.quiet = script.tagged("phrase", "status") | settled | seconds | values | self._limits()
        self.nominal = (
            script.tagged(*_MID) | set(self.things) | {part for found in script.found for part in found.parts}
        )
        self.known = self.nominal | script.tagged(
            "filler",
            "common",
            "opener",
            "act",
            "reason",
            "phrase",
            "spare",
            "soft",
            "you",
            "demand",
            "hazard",
            "neg",
            "ask",
        )
        self.places = script.tagged_as("noun", "address") | script.tagged_as("noun", "default_address")
        self.nouns = {
            part for hit in script.hits if hit.kind == "noun" and hit.value in {"order", "item", "all", "all_orders"}
            for part in hit.parts
        }  # fmt: skip
        names = {
            at for at, word in enumerate(self.script.words) if word.raw[:1].isupper() or not word.text[:1].isalpha()
        }
        joining, told = joining_words(script.language.language), self.known | names
        self.unknown = {
            at for at, word in enumerate(script.words)
            if at not in told and at not in script.entities and word.text not in joining
        }  # fmt: skip
        self.alls = [hit for hit in script.hits if hit.kind == "noun" and hit.value in {"all", "all_orders"}]

    def _limits(self) -> set[int]:
        """The words of "and nothing else" at the end of a stretch: they exclude nothing and include nothing."""
        words = self.script.words
        found: set[int] = set()
        for start, end in find_phrases(words, range(len(words)), self.grammar.limits):
            before = words[start - 1] if start else None
            is_joined = before is not None and (before.is_mark or (before.text,) in self.grammar.joins)
            if is_joined and (end == len(words) or words[end].is_mark):
                found |= set(range(start, end))
        return found

    def _money(self) -> set[int]:
        """The words of sentences about how a difference in price is settled."""
        money = (
            self.script.tagged_as("noun", "money")
            | self.script.tagged_as("noun", "difference")
            | self.script.tagged_as("reason", "other")
        )
        pays = self.script.tagged("pay")
        told = {self.script.sentence[at] for at in money}
        paid = {self.script.sentence[at] for at in pays}
        strong = {"cancel", "return"}
        busy = {
            self.script.sentence[hit.start] for hit in self.script.hits if hit.kind == "act" and hit.value in strong
        }
        named = {self.script.sentence[at] for at in (*self.things, *self.script.entities)}
        return {at for at, number in enumerate(self.script.sentence) if number in told & paid - (busy & named)}
