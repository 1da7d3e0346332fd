"""Which sentences ask for what they name: a wish has the form of a request, and nothing in it turns it around.

A letter may name an order or a thing to have it left alone, to ask about it, to quote somebody or to set a condition.
What is not clearly a request is held: nobody takes a wish from it, and no action touches what it names.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .grammar import Grammar, Phrase, find_phrases, grammar, joining_words
from .lexicon import Hit
from .script import Script
from .segments import find_segments
from .wishes import WEAK

_MID = ("function", "noun", "status", "target", "pay", "stays")
_LIGHT = frozenset(
    """help have get be go make process arrange initiate start issue give place do proceed send take request file open begin
    new neue neuen neuer nueva nuevo me us them it this that you so kind as today now immediately asap also then just directly first second next finally again quickly soon
    set up make put arrange prepare tramiten gestionen inicien procedan hagan leiten veranlassen completely entire entirely whole full fully simply hereby sie mir uns es ihn heute jetzt sofort auch dann gleich direkt umgehend komplett ganz
    vollstandig einfach noch veranlassen einleiten vornehmen la lo los las hoy ahora tambien entonces directamente completo completamente
    set up arrange prepare tramiten gestionen inicien procedan leiten veranlassen initiate absolutamente que me se etiqueta tramitar gestionar hacer one ones variant version number no nr""".split()
)
_LIFT = frozenset("have has be get it this that you like sie das que me se can will would lassen soll sollen mochte will is".split())
_BREAKS = frozenset({",", ";", ":", "(", ")", "-", "–", "—", "…", "and", "but", "und", "aber", "y", "e", "pero", "while", "whereas"})
EARLIER = "an earlier subject"
_ANSWERS = frozenset("re aw fw fwd wg rv tr antw antwort sv".split())
_ADVERBS = frozenset("hereby also then now just therefore hiermit auch dann jetzt nun daher also tambien ahora entonces".split())
_RELATIVE = frozenset("that which who que die der das se me".split())
_WHICH = _RELATIVE - {"se", "me"}
_IMPERSONAL = frozenset({"se"})
_PRONOUNS = frozenset("it they this these that es sie das diese esto eso estos".split())
_SOFT = frozenset({"a question", "no request", "reports", "a doubt", "complement"})
_ONLY = frozenset("only just nur erst lediglich solo solamente unicamente".split())
_OR = frozenset({"or", "oder", "o", "u"})
_INFINITIVES = ("zuruckzu", "umzu", "auszu", "abzu", "einzu", "ruckgangig")
_NEAR = 5
_BRIEF = 8


@dataclass(frozen=True, slots=True)
class Held:
    """What of a letter is not taken for a wish.

    Attributes:
        why: Number of a sentence to what keeps it from being one, in a word or two.
        loose: Sentences among them that name nothing: they may be about any wish of the letter.
        strange: Sentences that ask for something by a word that is not known, or have one that looks like a word of
            action and is none: nobody guesses what they want.
    """

    why: dict[int, str] = field(default_factory=dict[int, str])
    loose: frozenset[int] = frozenset()
    strange: frozenset[int] = frozenset()


def find_held(script: Script) -> Held:
    """Read every sentence of the letter; headings, quoted parts and notices are left to others."""
    places: dict[int, list[int]] = {}
    for at, number in enumerate(script.sentence):
        places.setdefault(number, []).append(at)
    acts: dict[int, list[Hit]] = {}
    for start, _, hits in find_segments(script):
        acts.setdefault(script.sentence[start], []).extend(hits)
    letter = _Letter(script)
    why: dict[int, str] = {}
    loose: set[int] = set()
    strange: set[int] = set()
    for number, words in places.items():
        if number in script.appended or number in script.distrusted:
            continue
        if number in script.heading and script.words[words[0]].text in _ANSWERS and len(words) > 1 and script.words[words[1]].text == ":":
            why[number] = EARLIER
            continue
        sentence = _Sentence(letter, number, words, acts.get(number, []))
        if sentence.asks_strange():
            strange.add(number)
        reason = sentence.why_no_wish() if sentence.acts else sentence.why_no_talk()
        if not reason or (number in script.heading and not sentence.is_firm(reason)):
            continue
        why[number] = reason
        if not sentence.mentions and sentence.is_firm(reason):
            loose.add(number)
    strange |= {script.sentence[at] for at, word in enumerate(script.words) if script.language.is_trap(word.text)}
    return Held(why, frozenset(loose), frozenset(strange))


class _Letter:
    """What is known of all words of a letter."""

    def __init__(self, script: Script) -> None:
        self.script = script
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
        self.quiet = script.tagged("phrase", "status") | settled | seconds | values
        self.nominal = script.tagged(*_MID) | set(self.things) | {part for found in script.found for part in found.parts}
        self.known = self.nominal | script.tagged(
            "filler", "common", "opener", "act", "reason", "phrase", "spare", "soft", "you", "demand", "hazard", "neg", "ask"
        )
        self.places = script.tagged_as("noun", "address") | script.tagged_as("noun", "default_address")
        self.nouns = {
            part for hit in script.hits if hit.kind == "noun" and hit.value in {"order", "item", "all", "all_orders"}
            for part in hit.parts
        }  # fmt: skip
        names = {at for at, word in enumerate(self.script.words) if word.raw[:1].isupper() or not word.text[:1].isalpha()}
        joining, told = joining_words(script.language.language), self.known | names
        self.unknown = {
            at for at, word in enumerate(script.words)
            if at not in told and at not in script.entities and word.text not in joining
        }  # fmt: skip
        self.alls = [hit for hit in script.hits if hit.kind == "noun" and hit.value in {"all", "all_orders"}]

    def _money(self) -> set[int]:
        """The words of sentences that say how a difference in price is settled."""
        money = self.script.tagged_as("noun", "money") | self.script.tagged_as("noun", "difference") | self.script.tagged_as("reason", "other")
        pays = self.script.tagged("pay")
        told = {self.script.sentence[at] for at in money}
        paid = {self.script.sentence[at] for at in pays}
        strong = {"cancel", "return"}
        busy = {self.script.sentence[hit.start] for hit in self.script.hits if hit.kind == "act" and hit.value in strong}
        named = {self.script.sentence[at] for at in (*self.things, *self.script.entities)}
        return {at for at, number in enumerate(self.script.sentence) if number in told & paid - (busy & named)}


class _Sentence:
    """One sentence: its words by their indexes, and the words of action in it."""

    def __init__(self, letter: _Letter, number: int, words: Sequence[int], acts: Sequence[Hit]) -> None:
        self.letter, self.script, self.number, self.words, self.acts = letter, letter.script, number, words, acts
        self.text = letter.script.words

    @cached_property
    def mentions(self) -> list[int]:
        """Orders, items and things named."""
        entities = self.script.entities
        return [
            at for at in self.words
            if at in self.letter.things or (at in entities and entities[at].kind in {"order", "item"})
        ]  # fmt: skip

    @property
    def is_question(self) -> bool:
        """It ends with a question mark, or begins with the Spanish one."""
        return self.number in self.script.questions or any(self.text[at].text == "¿" for at in self.words)

    def has(self, phrases: frozenset[Phrase], *, behind: int = -1, first: bool = False) -> bool:
        """Whether a phrase of a class stands here, not as part of a known phrase, value or word of action."""
        quiet = self.letter.quiet | {part for hit in self.acts for part in hit.parts}
        said = [at for at in self.words if not self.text[at].is_mark]
        for start, end in find_phrases(self.text, said, phrases):
            if set(said[start:end]) <= quiet or said[start] <= behind or (first and start > 1):
                continue
            return True
        return False

    def is_firm(self, reason: str) -> bool:
        """Whether the sentence takes something back, and does not only fail to ask."""
        if reason in _SOFT:
            return False
        return bool(self.mentions) or any(hit.value != "ship" for hit in self.acts) or not self.acts

    def asks_strange(self) -> bool:
        """Whether a request goes on with a word that is not known: "please counsel me"."""
        return any(last + 1 in self.letter.unknown for last in self._openers().values())

    def why_no_talk(self) -> str:
        """Why a sentence without a word of action keeps others from being carried out; empty where it does not."""
        words = self.letter.grammar
        if self.mentions:
            if self.is_question:
                return "" if self._says_what_instead() and self.has(words.asks_may, first=True) else "a question"
            for name in ("exception", "condition", "second_thought"):
                if self.has(getattr(words, name)):
                    return name.replace("_", " ")
            if self._lacks_mention():
                return "exception"
            if self.has(words.keeps) and not self._parts_with():
                return "keeps"
            return "a negation" if self._denies_mention() and not self.has(words.keeps) else ""
        if self.number in self.script.heading or self.is_question:
            return ""
        if self.has(words.second_thought):
            return "a second thought"
        limited = any(self.text[at].text in _ONLY for at in self.words)
        if self.has(words.exception, first=True) or self.has(words.condition, first=not limited):
            return "a condition"
        brief = sum(not self.text[at].is_mark for at in self.words) <= _BRIEF
        if brief and self.has(words.keeps) and not self._negations():
            return "something that stays"
        return ""

    def why_no_wish(self) -> str:
        """Why a sentence with words of action is no request; empty where it is one."""
        words = self.letter.grammar
        last = max(hit.end for hit in self.acts)
        if self._negations():
            return "a negation"
        for name in ("condition", "exception", "reports", "second_thought"):
            if self.has(getattr(words, name)):
                return name.replace("_", " ")
        if self._lacks_mention():
            return "exception"
        if self.has(words.time, behind=min(hit.start for hit in self.acts)):
            return "condition"
        if self._hazards() or self._chooses():
            return "a doubt"
        if self._is_in_quotes():
            return "reports"
        if self._quantified_and_named():
            return "an exception"
        if self._contrasts():
            return "a contrast"
        if self._keeps():
            return "something that stays"
        asked = self.words[0] - 1
        for hit in self.acts:
            if not self._is_asked(hit, asked):
                return "a question" if self.is_question else "no request"
            asked = hit.end - 1
        if self._unknown_before_mention():
            return "a word that is not known"
        if self._is_foreign(last):
            return "something that is not asked for"
        return ""

    def _negations(self) -> set[int]:
        """Negations that belong to no reason and to no courtesy, or that deny a word of action."""
        here = set(self.words) & self.letter.negated
        excused = here & self.letter.quiet
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
        """Whether a word of action stands behind a reason in one stretch with it: "I don't want it cancelled"."""
        begins = self._openers()
        for at in self.words:
            if at < behind:
                continue
            if self.text[at].text in _BREAKS or at in begins:
                return False
            if any(hit.start == at for hit in self.script.hits if hit.kind == "act"):
                return True
        return False

    def _openers(self) -> dict[int, int]:
        """Where requests begin: index of the first word of a phrase to the index of its last."""
        words = self.letter.grammar
        said = [at for at in self.words if not self.text[at].is_mark]
        kinds = (words.please, words.asks_us) if self.is_question else (words.begins, words.please, words.asks_us)
        if self.is_question and self._says_what_instead():
            kinds = (*kinds, words.asks_may)
        found = {
            said[start]: said[end - 1]
            for kind in kinds
            for start, end in find_phrases(self.text, said, kind)
            if not (start and self.text[said[start - 1]].text in _IMPERSONAL)
        }
        if self.is_question:
            return found
        for start, end in find_phrases(self.text, said, words.owes):
            if start and self._is_subject(said[start - 1]):
                found[said[start]] = said[end - 1]
        return found

    def _says_what_instead(self) -> bool:
        """Whether a question for a change holds all of it: "Can I swap it for the red one?"."""
        details = {"options", "address", "payment"}
        here = set(self.words)
        told = any(at in here and entity.kind in details for at, entity in self.script.entities.items())
        told = told or any(found.kind == "value" and found.start in here for found in self.script.found)
        return told and all(hit.value in {"swap", *WEAK} for hit in self.acts)

    def _is_subject(self, at: int) -> bool:
        """Something named, or a pronoun for it."""
        word = self.text[at].text
        return at in self.letter.things or at in self.script.entities or word in _PRONOUNS or at in self.letter.nouns

    def _hazards(self) -> set[int]:
        here = set(self.words) & (self.letter.hazards - self.letter.soft)
        here -= self.letter.quiet
        for hit in self.letter.reasons:
            here -= set(hit.parts)
        for hit in self.acts:
            here -= set(hit.parts)
        first = min((hit.start for hit in self.acts), default=0)
        said = [at for at in self.words if not self.text[at].is_mark and at < first]
        for start, end in find_phrases(self.text, said, self.letter.grammar.time):
            here -= set(said[start:end])
        return {at for at in here if at not in self.letter.things}

    def _lacks_mention(self) -> bool:
        """"Without the lamp"."""
        said = [at for at in self.words if not self.text[at].is_mark]
        found = find_phrases(self.text, said, self.letter.grammar.lacks)
        named = set(self.mentions)
        for start, end in found:
            near = said[end : end + _NEAR - 1]
            first = next((at for at in near if at in named), None)
            if first is not None and said[start] not in self.letter.quiet and self._is_nominal(range(near[0], first)):
                return True
        return False

    def _parts_with(self) -> bool:
        """"I'd rather not keep the lamp": who does not keep it gives it back."""
        said = [at for at in self.words if not self.text[at].is_mark]
        starts = [said[start] for start, _ in find_phrases(self.text, said, self.letter.grammar.keeps)]
        return any(0 < at - no <= 3 for at in starts for no in self.letter.negated)

    def _chooses(self) -> bool:
        """"Or" between two things named: one of them, and nobody knows which."""
        for at in self.words:
            if self.text[at].text in _OR and at not in self.letter.quiet:
                sides = {mention > at for mention in self.mentions if mention in self.letter.things or self._is_order(mention)}
                if len(sides) > 1:
                    return True
        return False

    def _is_order(self, at: int) -> bool:
        entity = self.script.entities.get(at)
        return entity is not None and entity.kind == "order"

    def _is_in_quotes(self) -> bool:
        """Whether a word of action stands between quotation marks."""
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
        """"Everything but the kettle", however it is put: a whole, and a part of it by its name."""
        here = set(self.words)
        wholes = [hit for hit in self.letter.alls if set(hit.parts) <= here]
        if not wholes or any(hit.value == "swap" for hit in self.acts):
            return False
        if any(hit.value == "all_orders" for hit in wholes):
            return bool(self.mentions)
        pairs = [hit for hit in wholes if self.text[hit.start].text in {"both", "beide", "beides", "ambos", "ambas", "los", "las"}]
        named = {found.products for at, found in self.letter.things.items() if at in here}
        return bool(named) and not (len(pairs) == len(wholes) and len(named) == 2)

    def _contrasts(self) -> bool:
        said = [at for at in self.words if not self.text[at].is_mark]
        for _, end in find_phrases(self.text, said, self.letter.grammar.contrast):
            near = said[end : end + _NEAR]
            if any(self._is_order(at) for at in near):
                return True
            if any(hit.start in near for hit in self.script.hits if hit.kind == "act"):
                return True
            if any(at in self.letter.things for at in near) and any(hit.value in {"cancel", "return"} for hit in self.acts):
                return True
        return False

    def _keeps(self) -> bool:
        if self._is_one_swap():
            return False
        return self.has(self.letter.grammar.keeps) or self.has(self.letter.grammar.complement)

    def _is_one_swap(self) -> bool:
        """A change of one thing: what is kept, or was there before, is told of that thing."""
        here = set(self.words)
        named = {found.products for at, found in self.letter.things.items() if at in here}
        return all(hit.value in {"swap", *WEAK} for hit in self.acts) and len(named) <= 1

    def _is_asked(self, hit: Hit, asked: int) -> bool:
        """Whether a word of action stands in the form of a request, by itself or joined to one that ends at `asked`."""
        if not self._matters(hit):
            return True
        ends = [last for last in self._openers().values() if last < hit.start]
        ends += [asked] if asked >= self.words[0] else []
        if ends and self._is_nominal(range(max(ends) + 1, hit.start)):
            return True
        if self.is_question:
            return False
        return self._is_own_statement(hit) or self._is_imperative(hit)

    def _matters(self, hit: Hit) -> bool:
        """A refund or a change that names nothing only says how another wish is carried out."""
        if hit.value not in {"refund", *WEAK}:
            return True
        if hit.value == "ship" and any(0 < hit.start - at <= 2 for at in self.letter.negated):
            return False
        return bool(self.mentions) or any(other.value not in {"refund", *WEAK} for other in self.acts)

    def _is_nominal(self, places: Collection[int]) -> bool:
        """Whether words only name things: no other verb, no other subject, nothing that is not known."""
        clause = {phrase[0] for phrase in self.letter.grammar.clause if len(phrase) == 1} - _LIFT
        for at in places:
            word = self.text[at]
            if word.is_mark or at in self.script.entities or at in self.letter.things or word.text in _LIGHT:
                continue
            if at in self.letter.acts and not _is_past(word.raw, word.text):
                continue
            if word.text in clause or at in self.letter.asks:
                return False
            if at in self.letter.nominal or word.text[:1].isdigit():
                continue
            if word.raw[:1].isupper() and at != self.words[0] and at not in self.letter.known:
                continue
            return False
        return True

    def _before(self, hit: Hit) -> list[int]:
        """The words of the stretch that leads to a word of action."""
        low = self.words[0]
        for other in self.acts:
            if other.end <= hit.start:
                low = max(low, other.end)
        stretch: list[int] = []
        for at in range(hit.start - 1, low - 1, -1):
            if self.text[at].text in {",", ";", ":", "(", ")", "–", "—"}:
                break
            stretch.append(at)
        return stretch[::-1]

    def _is_own_statement(self, hit: Hit) -> bool:
        """"I return", "hiermit storniere ich": the writer does it now."""
        if _is_past(self.text[hit.start].raw, self.text[hit.start].text):
            return False
        subject = self.letter.grammar.subject
        before = [at for at in self._before(hit) if self.text[at].text not in _ADVERBS]
        starts = [start for start, end in find_phrases(self.text, before, subject) if end == len(before)]
        if starts:
            return not starts[0] or not self._is_clause_word(before[starts[0] - 1])
        behind = self.text[hit.end].text if hit.end < len(self.text) else ""
        return (behind,) in subject and self._is_nominal(before)

    def _is_clause_word(self, at: int) -> bool:
        return (self.text[at].text,) in self.letter.grammar.clause or at in self.letter.asks

    def _is_imperative(self, hit: Hit) -> bool:
        """A verb that nothing but names stands before: "for my order, cancel", "Adresse bitte ändern"."""
        word = self.text[hit.start]
        if (_is_past(word.raw, word.text) and hit.value not in {"ship"}) or word.text.startswith(_INFINITIVES):
            return False
        before = self._before(hit)
        links = {phrase[0] for phrase in self.letter.grammar.links}
        if before and self.text[before[-1]].text in links and before[-1] not in self.letter.things:
            return False
        return self._is_nominal([at for at in before if self.text[at].text not in {"und", "and", "y", "then"}])

    def _unknown_before_mention(self) -> bool:
        """Whether a word that nobody knows stands between two things, or two orders: it may take the second out."""
        strange = [at for at in self.words if at in self.letter.unknown and at >= min(hit.end for hit in self.acts)]
        for group in ([at for at in self.mentions if self._is_order(at)], [at for at in self.mentions if not self._is_order(at)]):
            wholes = [hit.start for hit in self.letter.alls if hit.start in set(self.words)]
            if any(first < at < last for at in strange for first in (*group, *wholes) for last in group):
                return True
        return False

    def _denies_mention(self) -> bool:
        """A negation right before or behind what is named, or in a sentence too short for a story."""
        denials = self._negations()
        if not denials:
            return False
        brief = sum(not self.text[at].is_mark for at in self.words) <= _BRIEF
        return brief or any(abs(at - no) <= 3 for at in self.mentions for no in denials)

    def _is_foreign(self, behind: int) -> bool:
        """Whether a clause without a word of action names a thing, or says something of an order."""
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


def _is_past(raw: str, text: str) -> bool:
    """Participles and past tenses, by their endings."""
    if text in {"went", "came", "sent", "shipped", "got"} or raw[-1:] in {"é", "ó", "í"}:
        return True
    if text.endswith(("ed", "elled", "ado", "ido", "ada", "ida", "ados", "idas")):
        return True
    if text in {"geht", "gehen", "geben"}:
        return False
    return text.startswith(("ge", "zuruckge", "umge", "ausge", "storniert", "retourniert", "erstattet", "annulliert")) and text.endswith(("t", "en"))
