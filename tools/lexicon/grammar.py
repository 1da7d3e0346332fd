"""Closed word classes of three languages: words that start, restrict, deny, report or take back a wish.

None of these words names an action of the desk: they introduce a wish, or cancel one. Folded as `words.fold` folds;
phrases are separated by `|`, `*` stands for up to five words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from .words import Word, fold

Phrase = tuple[str, ...]
_GAP = 6


@dataclass(frozen=True, slots=True)
class Grammar:
    """The closed classes of one language, as phrases of folded words.

    Attributes:
        begins: First-person wishes: they make the verb after them a request.
        owes: Required actions on something named right before: "the lamp should".
        please: Courtesy that makes the verb next to it a request.
        asks_us: The second person's modal verbs: a question in form, a request in fact.
        asks_may: Questions for permission: a request only together with all details of the new choice.
        subject: Pronouns that make a request of the very next verb: "I return".
        condition: The statement holds only under some circumstance.
        time: The statement holds only from or to some moment.
        exception: Something is excluded from the statement.
        lacks: Prepositions that exclude what is named right after them.
        contrast: One thing in the place of another.
        keeps: Something stays as it is, or where it is.
        reports: Somebody says, writes, asks or advises; an example.
        second_thought: An earlier statement is taken back.
        complement: The rest, when something is excluded.
        clause: Pronouns and auxiliary verbs: words that a mere list of things does not have.
        links: Words after which an action is mentioned, not asked for.
        because: Words that introduce a reason.
        holds: Verbs of keeping among `keeps`: denied, they give a thing away.
        deadline: Words among `time` for the moment by which something must be done.
        limits: Nothing more than what was named.
        joins: Words that join a clause to the one before.
        refers: Words that refer to an earlier statement.
        persons: Words for the writer.
        addressed: Words for the addressee, as the subject of a clause.
    """

    begins: frozenset[Phrase]
    owes: frozenset[Phrase]
    please: frozenset[Phrase]
    asks_us: frozenset[Phrase]
    asks_may: frozenset[Phrase]
    subject: frozenset[Phrase]
    condition: frozenset[Phrase]
    time: frozenset[Phrase]
    exception: frozenset[Phrase]
    lacks: frozenset[Phrase]
    contrast: frozenset[Phrase]
    keeps: frozenset[Phrase]
    reports: frozenset[Phrase]
    second_thought: frozenset[Phrase]
    complement: frozenset[Phrase]
    clause: frozenset[Phrase]
    links: frozenset[Phrase]
    because: frozenset[Phrase]
    holds: frozenset[Phrase]
    deadline: frozenset[Phrase]
    limits: frozenset[Phrase]
    joins: frozenset[Phrase]
    refers: frozenset[Phrase]
    persons: frozenset[Phrase]
    addressed: frozenset[Phrase]


_TABLES: dict[str, dict[str, str]] = {
    "en": {
        "begins": """i want|we want|you want|i wanna|we wanna|you wanna|want to|wanting to|i would like|we would like|you would like|
            id like|wed like|youd like|would like to|id love|wed love|i would love|i need|we need|you need|need to|need a|
            need an|i wish to|we wish to|i ask you|i request|we request|requesting|asking you to|looking to|hoping to|
            hoping you can|hoping you could|writing to|let me|allow me|lets|let us|go ahead and|help me|if you could|if you can|if you would|if youd|and would like|and want""",
        "owes": "must|should|ought to|has to|have to|needs to|need to|is to|are to",
        "please": "please|pls|plz|kindly",
        "asks_us": "could you|can you|would you|would you mind|will you|could u|can u|could your team|can your team|could someone|can someone",
        "asks_may": "can|could|may i|is it possible to|would it be possible to|might i",
        "subject": "i|im|i am|we|were|we are|ill|i will|well|we will|hereby|id|wed",
        "condition": """maybe|perhaps|possibly|if|unless|provided|providing|assuming|suppose|supposing|whether|otherwise|in case|as long as|so long as|
            on condition|only when|should it|should the|should that|should they|were it|had it|in the event|depending|
            depends|then again|given that|subject to""",
        "time": "until|once|as soon as|when|whenever|before|after|till",
        "exception": """except|excepting|exception|exceptions|excluding|exclude|excludes|excluded|save for|save the|save my|
            apart from|aside from|other than|barring|bar the|bar my|minus|less the|less my|besides|omitting|omit|skip|
            skipping|sparing|but not|everything but|all but|anything but|leaving out|leave out|leave off|
            not including|not counting|excl|though not""",
        "lacks": "without|bar|sans",
        "contrast": "rather than|instead of|in place of|as opposed to|in lieu of",
        "keeps": """keep|keeping|keeps|kept|retain|retaining|hold on to|holding on to|hold onto|holding onto|hang on to|
            hanging on to|stay|stays|staying|remain|remains|remaining|leave|leaving|alone|untouched|unaffected|touch|as is|
            still want|still need|still wants|still needs|still use|mine""",
        "reports": """said|says|say|saying|told|tells|tell|wrote|writes|written|asked|asks|suggested|suggests|advised|advises|
            recommended|recommends|mentioned|mentions|claimed|claims|announced|according|example|examples|eg|instance|
            quote|quoted|quoting|heard|read|reads|insists|insisted|stated|states|replied|replies|promised|sample|template|
            demanded|begged|proposed|proposes|thinks|imagine|pretend|hypothetically|theoretically|wish i|wish we""",
        "second_thought": """second thought|second thoughts|never mind|nevermind|scratch that|forget|ignore|disregard|kidding|joking|
            joke|hold off|wait|actually|dont bother|cancel that|
            strike that|leave it|keep it|keep them|take that back|on hold|hold on|or not|maybe not""",
        "complement": "rest|remainder|other|others|remaining|else",
        "clause": """i|im|id|ill|ive|we|were|well|wed|weve|he|she|they|it|its|that|this|you|is|are|am|was|has|have|had|do|does|did|
            can|could|will|would|may|might|shall|should|must|isnt|arent|wasnt|werent|hasnt|havent|doesnt|didnt|dont|cant|
            couldnt|wont|wouldnt|shouldnt|got|gets|came|goes|love|loves|like|likes|fits|works|looks|suits|who|which""",
        "links": """for|about|regarding|of|with|without|by|before|after|since|from|on|in|concerning|than|was|were|been|got|being|
            having|that|your|a|the|how|why|when|what|any|no""",
        "because": "because|since it|since they|since the|as it|as they",
        "holds": "keep|keeping|retain|retaining|hold on to|holding on to|hold onto|hang on to",
        "deadline": "before",
        "limits": "nothing else|nothing more",
        "joins": "and|but",
        "refers": "it|its|this|that|these|those|them|they|so|then|there|either|both|otherwise|one|ones",
        "addressed": "you|u",
        "persons": "i|me|my|we|us|our|im|ill|id|ive|well|wed|weve",
    },
    "de": {
        "begins": """ich mochte|mochte ich|
            ich will|will ich|
            ich wunsche|wunsche ich|
            ich brauche|brauche ich|
            ich benotige|benotige ich|
            ich muss|muss ich|
            wir mochten|mochten wir|
            wir wollen|wollen wir|
            wir wunschen|wunschen wir|
            wir brauchen|brauchen wir|
            wir mussen|mussen wir|
            ich wurde gern|wurde ich gern|wir wurden gern|wurden wir gern|
            ich wurde gerne|wurde ich gerne|wir wurden gerne|wurden wir gerne|
            ich hatte gern|hatte ich gern|wir hatten gern|hatten wir gern|
            ich hatte gerne|hatte ich gerne|wir hatten gerne|hatten wir gerne|
            ich wurde|wurde ich|ich hatte|hatte ich|
            hiermit|
            beantrage|
            bitte darum|
            ich beantrage|
            mochte ich|
            mochte gern""",
        "owes": "soll|sollen|muss|mussen|sollte|sollten",
        "please": "bitte|bitten",
        "asks_us": """konnen sie|konnten sie|wurden sie|konntet ihr|konnt ihr|kannst du|konntest du|wurdest du|wurdet ihr|
            konnte jemand|kann jemand""",
        "asks_may": "kann|konnte|konnen wir|konnten wir|durfte ich|darf ich|ware es moglich|ist es moglich",
        "subject": "ich|wir",
        "condition": """vielleicht|eventuell|moglicherweise|falls|wenn|sofern|ob|solange|soweit|es sei denn|vorausgesetzt|angenommen|
            andernfalls|sonst|je nachdem|bedingung|im falle|gesetzt den fall|unter umstanden""",
        "time": "sobald|bevor|ehe|bis|nachdem|erst wenn|erst nach",
        "exception": """ausser|ausgenommen|bis auf|abgesehen|ausnahme|ausnahmen|exklusive|abzuglich|minus|nur nicht|aber nicht|
            nicht aber|ausgeschlossen""",
        "lacks": "ohne|sans",
        "contrast": "statt|anstatt|anstelle|sondern|und nicht|an stelle",
        "keeps": """behalte|behalten|behalt|bleibt|bleiben|bleibe|verbleibt|verbleiben|dabehalten|unangetastet|unberuhrt|in ruhe|
            anfassen|weiterhin|verzichte|lassen|lasst|lass|hierlassen|dalassen""",
        "reports": """sagt|sagte|sagen|gesagt|schrieb|schreibt|schrieben|geschrieben|meint|meinte|meinten|fragt|fragte|gefragt|riet|
            geraten|empfiehlt|empfahl|empfohlen|laut|beispiel|beispielsweise|zb|behauptet|behauptete|erzahlt|hiess|heisst es|
            zitat|zitiere|gehort|gelesen|angeblich|vorgeschlagen|antwortete|lautete|muster|bat|gebeten|theoretisch|
            hypothetisch|stellen sie sich""",
        "second_thought": """doch nicht|anders uberlegt|vergessen sie|vergiss|ignorieren|stopp|moment|warten|warte|doch lieber|nein|
            hinfallig|abwarten|scherz|nicht notig|lieber doch|lieber nicht""",
        "complement": "rest|restlichen|restliche|ubrigen|ubrige|anderen|andere|andern|anderes|sonstigen|weiteren",
        "clause": """ich|wir|er|es|man|ist|sind|war|waren|bin|hat|habe|haben|hatte|hatten|wird|werden|wurde|wurden|kann|konnen|konnte|
            darf|gefallt|gefallen|passt|passen|mag|liebe|kam|bekam|sie|das ist|soll|sollen|mochte|will""",
        "links": "fur|wegen|nach|vor|bei|uber|ohne|von|mit|zur|zum|die|der|eine|einer|ihre|ihrer|dass|als|keine|meine|meiner|zu",
        "because": "weil|da es|da er|da sie|da die|da der|da das",
        "holds": "behalte|behalten|behalt|dabehalten",
        "deadline": "bevor|ehe",
        "limits": "sonst nichts|nichts anderes|nichts weiter|weiter nichts",
        "joins": "und|aber",
        "refers": "es|er|sie|das|dies|diese|dieser|dieses|diesen|jene|so|dann|davon|dafur|darauf|beides|beide|andernfalls|sonst",
        "addressed": "sie|ihr|du",
        "persons": "ich|mir|mich|mein|meine|meinen|meiner|meinem|wir|uns|unser|unsere",
    },
    "es": {
        "begins": """quiero|queremos|quisiera|quisieramos|querria|deseo|deseamos|necesito|necesitamos|me gustaria|nos gustaria|solicito|
            solicitamos|pido|les pido|pedimos|ruego|les ruego|asi que|voy a|vamos a|escribo para|escribimos para|
            hagan el favor|haga el favor|agradeceria""",
        "owes": "debe|deben|tiene que|tienen que|hay que",
        "please": "por favor|porfa|favor",
        "asks_us": "pueden|puede|podrian|podria|podrias|puedes|podeis|serian tan amables|les importaria",
        "asks_may": "puedo|puede|podria|podemos|podriamos|seria posible|es posible",
        "subject": "yo|nosotros",
        "condition": """quiza|quizas|tal vez|a lo mejor|puede que|si|a menos que|salvo que|siempre que|siempre y cuando|con tal de que|en caso|a no ser|
            suponiendo|supongamos|de lo contrario|a condicion|dependiendo|depende|caso de|como si""",
        "time": "mientras|hasta que|antes de|una vez|en cuanto|tan pronto|cuando|despues de",
        "exception": """excepto|salvo|menos|excepcion|aparte|quitando|exceptuando|excluyendo|fuera de|descontando|dejando fuera|
            excluido|excluida|pero no|mas no""",
        "lacks": "sin",
        "contrast": "en lugar|en vez|sino|antes que|y no",
        "keeps": """me quedo|quedarme|nos quedamos|quedarnos|quedarmela|quedarmelo|quedarmelos|quedarmelas|me la quedo|me lo quedo|conservo|conservar|conservamos|guardo|mantengo|mantener|se queda|se quedan|
            dejen|deje|dejenlo|dejenla|toquen|toque|intacto|intacta|lo dejo|la dejo|sigue|siguen""",
        "reports": """dijo|dice|dicen|dijeron|dicho|escribio|escribe|escribieron|escrito|pidio|pide|pidieron|pregunto|pregunta si|sugirio|
            sugiere|aconsejo|aconseja|recomendo|recomienda|segun|ejemplo|cito|citando|afirma|menciono|menciona|aseguro|oi|lei|
            contesto|respondio|prometio|propuso|propone|supuestamente|plantilla|imaginen|imagine|hipoteticamente""",
        "second_thought": """pensandolo|olvidenlo|olviden|olvide|olvidelo|ignoren|ignore|esperen|espere|mejor no|broma|no hace falta|
            dejenlo|paren|al final no""",
        "complement": "resto|demas|otros|otras|otro|otra|restantes",
        "clause": """yo|ella|ellos|es|son|era|eran|fue|esta|estan|estaba|ha|han|he|hay|tengo|tiene|tenia|puedo|puede|gusta|gustan|encanta|
            encantan|llego|llegaron|va|van|queda|quedan|que|me|se""",
        "links": "por|sobre|de|sin|con|tras|al|antes|para|la|una|su|que|se|como|del|ninguna",
        "because": "porque|ya que|puesto que|dado que",
        "holds": """quedarme|quedarnos|quedarmela|quedarmelo|quedarmelos|quedarmelas|me quedo|nos quedamos|conservar|
            conservo|conservamos""",
        "deadline": "antes de|antes de que",
        "limits": "nada mas",
        "joins": "y|e|pero",
        "refers": "lo|la|los|las|esto|eso|este|esta|estos|estas|ese|esa|ello|asi|entonces|ambos|ambas",
        "addressed": "usted|ustedes|tienen|tiene|necesitan|necesita",
        "persons": "yo|me|mi|mis|nosotros|nos|nuestro|nuestra|quiero|queremos",
    },
}


@cache
def grammar(language: str) -> Grammar:
    """The closed classes of a language; English for one that the desk does not speak."""
    tables = _TABLES.get(language, _TABLES["en"])
    return Grammar(**{name: _phrases(text) for name, text in tables.items()})


@cache
def joining_words(language: str) -> frozenset[str]:
    """Every word of the closed classes: not a typo of another one."""
    tables = _TABLES.get(language, _TABLES["en"])
    return frozenset(word for text in tables.values() for phrase in _phrases(text) for word in phrase)


def _phrases(text: str) -> frozenset[Phrase]:
    return frozenset(tuple(fold(word) for word in phrase.split()) for phrase in text.split("|") if phrase.strip())


@cache
def _by_head(phrases: frozenset[Phrase]) -> dict[str, list[Phrase]]:
    heads: dict[str, list[Phrase]] = {}
    for phrase in sorted(phrases):
        heads.setdefault(phrase[0], []).append(phrase)
    return heads


def find_phrases(words: Sequence[Word], places: Sequence[int], phrases: frozenset[Phrase]) -> list[tuple[int, int]]:
    """Positions of phrases among the words at `places`, as half-open ranges of positions in `places`."""
    heads = _by_head(phrases)
    found: list[tuple[int, int]] = []
    for at, place in enumerate(places):
        ends = [end for phrase in heads.get(words[place].text, ()) if (end := _end(words, places, at, phrase))]
        if ends:
            found.append((at, max(ends)))
    return found


def _end(words: Sequence[Word], places: Sequence[int], at: int, phrase: Phrase) -> int:
    here = at + 1
    for number, wanted in enumerate(phrase[1:], start=1):
        if wanted == "*":
            continue
        reach = _GAP if phrase[number - 1] == "*" else 1
        hit = next((to for to in range(here, min(len(places), here + reach)) if words[places[to]].text == wanted), -1)
        if hit < 0:
            return 0
        here = hit + 1
    return here
