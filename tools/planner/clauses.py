"""Decides which sentences are requests: a wish has the form of a request, and nothing in it reverses it.

A letter may name an order or a thing to exclude it, to ask about it, to quote somebody or to set a condition. A
sentence that is not clearly a request is held: it gives no wish, and no action touches the things it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..letters.asking import Asking
from ..letters.letter import Letter
from ..letters.narrowing import (
    deadlines,
    denied_keeping,
    denied_reasons,
    is_about_another_matter,
    lists_whole,
    named_beside_whole,
)
from ..letters.script import Script
from ..letters.segments import find_segments
from ..letters.wishes import WEAK
from ..lexicon.compiled import Hit
from ..lexicon.grammar import find_phrases

_BREAKS = frozenset(
    {",", ";", ":", "(", ")", "-", "–", "—", "…", "and", "but", "und", "aber", "y", "e", "pero", "while", "whereas"}
)
EARLIER = "an earlier subject"
_ANSWERS = frozenset("re aw fw fwd wg rv tr antw antwort sv".split())
_RELATIVE = frozenset("that which who que die der das se me".split())
_WHICH = _RELATIVE - {"se", "me"}
_SOFT = frozenset({"a question", "no request", "a report", "a doubt"})
_ONLY = frozenset("only just nur erst lediglich solo solamente unicamente".split())
_OR = frozenset({"or", "oder", "o", "u"})
_NEAR = 5
_BRIEF = 8


@dataclass(frozen=True, slots=True)
class Held:
    """The parts of a letter that are not wishes.

    Attributes:
        why: Number of a sentence to the reason that it is not a wish, in a word or two.
        loose: Those of them that name nothing: they may concern any wish of the letter.
        strange: Sentences that ask with an unknown word, or that have a word that resembles a word of action but is
            none: their meaning is not guessed.
    """

    why: dict[int, str] = field(default_factory=dict[int, str])
    loose: frozenset[int] = frozenset()
    strange: frozenset[int] = frozenset()


def find_held(script: Script, baskets: Mapping[str, frozenset[str]] | None = None) -> Held:
    """Read every sentence of the letter, except headings, quoted parts and notices.

    Args:
        script: The annotated letter.
        baskets: Id of an order of the customer to the products in it.
    """
    places: dict[int, list[int]] = {}
    for at, number in enumerate(script.sentence):
        places.setdefault(number, []).append(at)
    acts: dict[int, list[Hit]] = {}
    for start, _, hits in find_segments(script):
        acts.setdefault(script.sentence[start], []).extend(hits)
    letter = Letter(script, baskets or {})
    why: dict[int, str] = {}
    loose: set[int] = set()
    strange: set[int] = set()
    for number, words in places.items():
        if number in script.appended or number in script.distrusted:
            continue
        if (
            number in script.heading
            and script.words[words[0]].text in _ANSWERS
            and len(words) > 1
            and script.words[words[1]].text == ":"
        ):
            why[number] = EARLIER
            continue
        sentence = _Sentence(letter, number, words, acts.get(number, []))
        if sentence.asks_strange():
            strange.add(number)
        reason = sentence.why_no_wish() if sentence.acts else sentence.why_no_talk()
        if not reason or (number in script.heading and not sentence.is_firm(reason)):
            continue
        why[number] = reason
        if not sentence.mentions and sentence.is_firm(reason) and not is_about_another_matter(sentence):
            loose.add(number)
    strange |= {script.sentence[at] for at, word in enumerate(script.words) if script.language.is_trap(word.text)}
    return Held(why, frozenset(loose), frozenset(strange))


class _Sentence(Asking):
    """One sentence, and the reason that it is not a wish."""

    def is_firm(self, reason: str) -> bool:
        """Whether the sentence takes something back, rather than only not asking."""
        if reason in _SOFT:
            return False
        return bool(self.mentions) or any(hit.value != "ship" for hit in self.acts) or not self.acts

    def asks_strange(self) -> bool:
        """Whether a request continues with an unknown word: "please counsel me"."""
        return any(last + 1 in self.letter.unknown for last in self._openers().values())

    def why_no_talk(self) -> str:
        """Why a sentence without a word of action prevents others from being done; empty if it does not."""
        words = self.letter.grammar
        if self.mentions:
            return self._why_named_in_talk()
        if self.number in self.script.heading or self.is_question:
            return ""
        limited = any(self.text[at].text in _ONLY for at in self.words)
        brief = sum(not self.text[at].is_mark for at in self.words) <= _BRIEF
        begins = self.has(words.exception, first=True) or self.has(words.condition, first=not limited)
        found = {
            "a second thought": self.has(words.second_thought),
            "a condition": begins,
            "something that stays": brief and self.has(words.keeps) and not self._negations(),
        }
        return next((why for why, is_so in found.items() if is_so), "")

    def _why_named_in_talk(self) -> str:
        words = self.letter.grammar
        if self.is_question:
            return "" if self._says_what_instead() and self.has(words.asks_may, first=True) else "a question"
        keeps = self.has(words.keeps)
        found = {
            "an exception": self.has(words.exception) or self._lacks_mention(),
            "a condition": self.has(words.condition),
            "a second thought": self.has(words.second_thought),
            "something that stays": keeps and not denied_keeping(self),
            "a negation": not keeps and self._denies_mention(),
        }
        return next((why for why, is_so in found.items() if is_so), "")

    def why_no_wish(self) -> str:
        """Why a sentence with words of action is not a request; empty if it is one."""
        words = self.letter.grammar
        first = min(hit.start for hit in self.acts)
        found = {
            "a negation": bool(self._negations()),
            "a condition": self.has(words.condition) or self.has(words.time, behind=first, but=deadlines(self)),
            "an exception": self.has(words.exception) or self._lacks_mention() or self._quantified_and_named(),
            "a report": self.has(words.reports) or self._is_in_quotes(),
            "a second thought": self.has(words.second_thought),
            "a doubt": bool(self._hazards()) or self._chooses(),
            "a contrast": self._contrasts(),
            "something that stays": self._keeps(),
            self._no_form(): not self._asks(),
            "a word that is not known": self._unknown_before_mention(),
            "something that is not asked for": self._is_foreign(max(hit.end for hit in self.acts)),
        }
        return next((why for why, is_so in found.items() if is_so), "")

    def _no_form(self) -> str:
        return "a question" if self.is_question else "no request"

    def _asks(self) -> bool:
        """Whether every word of action is asked for, by itself or joined to the one before."""
        asked = self.words[0] - 1
        for hit in self.acts:
            if not self._is_asked(hit, asked):
                return False
            asked = hit.end - 1
        return True

    def _negations(self) -> set[int]:
        """Negations that belong to no reason and no courtesy, or that deny a word of action."""
        here = set(self.words) & self.letter.negated
        excused = here & (self.letter.quiet | denied_reasons(self) | denied_keeping(self))
        for hit in self.letter.reasons:
            if not set(hit.parts) & here:
                continue
            if not self._reaches_act(hit.end):
                excused |= set(hit.parts)
        if self.letter.script.language.language == "en":
            excused |= {at for at in here if self.text[at].text == "no" and self._is_order(at + 1)}
        if all(hit.value in WEAK for hit in self.acts):  # "not to the old address"
            excused |= {no for no in here if any(0 < at - no <= 3 for at in self.letter.places)}
        strong = [hit for hit in self.acts if hit.value != "ship"]
        for hit in self.acts:
            if hit.value == "ship" and strong:
                excused |= {at for at in here if 0 < hit.start - at <= 2}
        return here - excused

    def _reaches_act(self, behind: int) -> bool:
        """Whether a word of action follows a reason in one stretch: "I don't want it cancelled"."""
        begins = self._openers()
        for at in self.words:
            if at < behind:
                continue
            if self.text[at].text in _BREAKS or at in begins:
                return False
            if any(hit.start == at for hit in self.script.hits if hit.kind == "act"):
                return True
        return False

    def _hazards(self) -> set[int]:
        here = set(self.words) & (self.letter.hazards - self.letter.soft)
        here -= self.letter.quiet | deadlines(self)
        for hit in self.letter.reasons:
            here -= set(hit.parts)
        for hit in (*self.acts, *(hit for hit in self.script.hits if hit.kind == "pay" and len(hit.parts) > 1)):
            here -= set(hit.parts)
        first = min((hit.start for hit in self.acts), default=0)
        said = [at for at in self.words if not self.text[at].is_mark and at < first]
        for start, end in find_phrases(self.text, said, self.letter.grammar.time):
            here -= set(said[start:end])
        return {at for at in here if at not in self.letter.things}

    def _lacks_mention(self) -> bool:
        """Things after a word like "without"."""
        said = [at for at in self.words if not self.text[at].is_mark]
        found = find_phrases(self.text, said, self.letter.grammar.lacks)
        named = set(self.mentions)
        for start, end in found:
            near = said[end : end + _NEAR - 1]
            first = next((at for at in near if at in named), None)
            if first is not None and said[start] not in self.letter.quiet and self._is_nominal(range(near[0], first)):
                return True
        return False

    def _chooses(self) -> bool:
        """Whether "or" is between two named things: one of them is meant, but it is unknown which."""
        for at in self.words:
            if self.text[at].text in _OR and at not in self.letter.quiet:
                sides = {
                    mention > at
                    for mention in self.mentions
                    if mention in self.letter.things or self._is_order(mention)
                }
                if len(sides) > 1:
                    return True
        return False

    def _is_in_quotes(self) -> bool:
        """Whether a word of action is between quotation marks."""
        depth = 0
        starts = {hit.start for hit in self.acts}
        for at in self.words:
            mark = self.text[at].text
            if mark == '"':
                depth = 1 - depth
            elif mark in "„«" or (mark == "“" and not depth):
                depth = 1
            elif mark in "”»“":
                depth = 0
            elif depth and at in starts:
                return True
        return False

    def _quantified_and_named(self) -> bool:
        """Whether a whole and a part of it are both named: "everything but the kettle", in any wording."""
        here = set(self.words)
        wholes = [hit for hit in self.letter.alls if set(hit.parts) <= here]
        if not wholes or any(hit.value == "swap" for hit in self.acts):
            return False
        if any(hit.value == "all_orders" for hit in wholes):
            return bool(named_beside_whole(self, wholes))
        pairs = [
            hit
            for hit in wholes
            if self.text[hit.start].text in {"both", "beide", "beides", "ambos", "ambas", "los", "las"}
        ]
        beside = set(named_beside_whole(self, wholes))
        named = {found.products for at, found in self.letter.things.items() if at in beside}
        if lists_whole(self, beside):
            return False
        return bool(named) and not (len(pairs) == len(wholes) and len(named) == 2)

    def _contrasts(self) -> bool:
        said = [at for at in self.words if not self.text[at].is_mark]
        for _, end in find_phrases(self.text, said, self.letter.grammar.contrast):
            near = said[end : end + _NEAR]
            if any(self._is_order(at) for at in near):
                return True
            if any(hit.start in near for hit in self.script.hits if hit.kind == "act"):
                return True
            if any(at in self.letter.things for at in near) and any(
                hit.value in {"cancel", "return"} for hit in self.acts
            ):
                return True
        return False

    def _keeps(self) -> bool:
        if self._is_one_swap():
            return False
        stays = self.has(self.letter.grammar.keeps) and not denied_keeping(self)
        return stays or self.has(self.letter.grammar.complement)

    def _is_one_swap(self) -> bool:
        """A change of one thing: words of keeping or of the past then describe that thing."""
        here = set(self.words)
        named = {found.products for at, found in self.letter.things.items() if at in here}
        return all(hit.value in {"swap", *WEAK} for hit in self.acts) and len(named) <= 1

    def _unknown_before_mention(self) -> bool:
        """Whether an unknown word is between two things or orders: it may exclude the second."""
        strange = [at for at in self.words if at in self.letter.unknown and at >= min(hit.end for hit in self.acts)]
        for group in (
            [at for at in self.mentions if self._is_order(at)],
            [at for at in self.mentions if not self._is_order(at)],
        ):
            wholes = [hit.start for hit in self.letter.alls if hit.start in set(self.words)]
            if any(first < at < last for at in strange for first in (*group, *wholes) for last in group):
                return True
        return False

    def _denies_mention(self) -> bool:
        """A negation next to a named thing, or in a very short sentence."""
        denials = self._negations()
        if not denials:
            return False
        brief = sum(not self.text[at].is_mark for at in self.words) <= _BRIEF
        return brief or any(abs(at - no) <= 3 for at in self.mentions for no in denials)

    def _is_foreign(self, behind: int) -> bool:
        """Whether a clause without a word of action names a thing, or describes an order."""
        if self._is_one_swap():
            return False
        piece: list[int] = []
        own = True
        for at in [*(at for at in self.words if at >= behind), -1]:
            if at >= 0 and self.text[at].text not in _BREAKS:
                piece.append(at)
                continue
            if own:
                own, piece = False, []
                continue
            verbs = {i for i in piece if self._is_clause_word(i) and i not in self.letter.things}
            verbs = {i for i in verbs if self.text[i].text not in _RELATIVE}
            named = [i for i in piece if i in self.letter.things]
            orders = [i for i in piece if self._is_order(i)]
            spoken = [i for i in orders if i + 1 in verbs and self.text[min(i + 2, len(self.text) - 1)].text != "mean"]
            told = any(i - 1 in named and self.text[i].text in _WHICH for i in piece)
            if verbs and not told and (named or spoken):
                return True
            piece = []
        return False
