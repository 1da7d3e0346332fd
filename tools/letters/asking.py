"""The form of a request: when the words of action in a sentence are a wish."""

from __future__ import annotations

from collections.abc import Collection

from ..lexicon.compiled import Hit
from ..lexicon.grammar import Phrase, find_phrases
from .narrowing import serves_another_wish
from .sentence import Sentence
from .wishes import WEAK

_LIGHT = frozenset(
    """help have get be go make process arrange initiate start issue give place do proceed send take request file open begin
    new neue neuen neuer nueva nuevo me us them it this that you so kind as today now immediately asap also then just directly first second next finally again quickly soon
    set up make put arrange prepare tramiten gestionen inicien procedan hagan leiten veranlassen completely entire entirely whole full fully simply hereby sie mir uns es ihn heute jetzt sofort auch dann gleich direkt umgehend komplett ganz
    vollstandig einfach noch veranlassen einleiten vornehmen la lo los las hoy ahora tambien entonces directamente completo completamente
    set up arrange prepare tramiten gestionen inicien procedan leiten veranlassen initiate absolutamente que me se etiqueta tramitar gestionar hacer one ones variant version number no nr""".split()
)
_LIFT = frozenset(
    "have has be get it this that you like sie das que me se can will would lassen soll sollen mochte will is".split()
)
_ADVERBS = frozenset(
    "hereby also then now just therefore hiermit auch dann jetzt nun daher also tambien ahora entonces".split()
)
_IMPERSONAL = frozenset({"se"})
_PRONOUNS = frozenset("it they this these that es sie das diese esto eso estos".split())
_INFINITIVES = ("zuruckzu", "umzu", "auszu", "abzu", "einzu", "ruckgangig")


class Asking(Sentence):
    """One sentence, and whether it asks for its words of action."""

    @property
    def is_question(self) -> bool:
        """It ends with a question mark, or begins with the Spanish one."""
        return self.number in self.script.questions or any(self.text[at].text == "¿" for at in self.words)

    def has(
        self, phrases: frozenset[Phrase], *, behind: int = -1, first: bool = False, but: Collection[int] = ()
    ) -> bool:
        """Whether a phrase of a class is here, not as part of a known phrase, value or word of action."""
        quiet = self.letter.quiet | {part for hit in self.acts for part in hit.parts}
        said = [at for at in self.words if not self.text[at].is_mark]
        for start, end in find_phrases(self.text, said, phrases):
            if set(said[start:end]) <= quiet or said[start] in but or said[start] <= behind or (first and start > 1):
                continue
            return True
        return False

    def _openers(self) -> dict[int, int]:
        """Starts of requests: index of the first word of a phrase to the index of its last."""
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
        """Whether a question for a change covers all of it: "Can I swap it for the red one?"."""
        details = {"options", "address", "payment"}
        here = set(self.words)
        told = any(at in here and entity.kind in details for at, entity in self.script.entities.items())
        told = told or any(found.kind == "value" and found.start in here for found in self.script.found)
        return told and all(hit.value in {"swap", *WEAK} for hit in self.acts)

    def _is_subject(self, at: int) -> bool:
        """Something named, or a pronoun for it."""
        word = self.text[at].text
        return at in self.letter.things or at in self.script.entities or word in _PRONOUNS or at in self.letter.nouns

    def _is_order(self, at: int) -> bool:
        entity = self.script.entities.get(at)
        return entity is not None and entity.kind == "order"

    def _is_asked(self, hit: Hit, asked: int) -> bool:
        """Whether a word of action is in the form of a request, by itself or joined to one that ends at `asked`."""
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
        """A refund or a change that names nothing only describes how another wish is done."""
        if hit.value not in {"refund", *WEAK}:
            return True
        if hit.value == "ship" and any(0 < hit.start - at <= 2 for at in self.letter.negated):
            return False
        if serves_another_wish(self, hit):
            return False
        return bool(self.mentions) or any(other.value not in {"refund", *WEAK} for other in self.acts)

    def _is_nominal(self, places: Collection[int]) -> bool:
        """Whether words only name things: no other verb, no other subject, nothing unknown."""
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
        """The words before a word of action that belong to it."""
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
        """Whether the writer does it now: "I return", "hiermit storniere ich"."""
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
        """A verb preceded only by names: "for my order, cancel", "Adresse bitte ändern"."""
        word = self.text[hit.start]
        if (_is_past(word.raw, word.text) and hit.value not in {"ship"}) or word.text.startswith(_INFINITIVES):
            return False
        before = self._before(hit)
        links = {phrase[0] for phrase in self.letter.grammar.links}
        if before and self.text[before[-1]].text in links and before[-1] not in self.letter.things:
            return False
        return self._is_nominal([at for at in before if self.text[at].text not in {"und", "and", "y", "then"}])


def _is_past(raw: str, text: str) -> bool:
    """Participles and past tenses, by their endings."""
    if text in {"went", "came", "sent", "shipped", "got"} or raw[-1:] in {"é", "ó", "í"}:
        return True
    if text.endswith(("ed", "elled", "ado", "ido", "ada", "ida", "ados", "idas")):
        return True
    if text in {"geht", "gehen", "geben"}:
        return False
    return text.startswith(
        ("ge", "zuruckge", "umge", "ausge", "storniert", "retourniert", "erstattet", "annulliert")
    ) and text.endswith(("t", "en"))
