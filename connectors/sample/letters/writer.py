"""The sentences of one letter."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..shop.drawing import Shop
from ..shop.model import Customer, Order, Variant
from ..shop.request import Request, Scenario
from ..wording import Voice, keep
from .scenarios import changes

_DETERMINED = re.compile(
    r".*\b(?:my|the|meine|meiner|der|die|mi|el|del|delivered|unshipped|pending"
    r"|gelieferten|erhaltenen|verschickten) $",
    re.IGNORECASE | re.DOTALL,
)
_NEGATED = re.compile(r"\bnot\b|n't|\bno\b|\bnicht\b", re.IGNORECASE)
_EVERYTHING = {
    "en": ("everything", "all of it", "every single item", "the complete contents"),
    "de": ("alles", "sämtliche Artikel", "den kompletten Inhalt"),
    "es": ("todo", "todos los artículos", "absolutamente todo"),
}
_SAME_ADDRESS = {
    "en": ("that same new address", "the new address I just gave you", "this address as well"),
    "de": ("dieselbe neue Adresse", "die eben genannte neue Adresse"),
    "es": ("esa misma dirección nueva", "la dirección que acabo de indicar"),
}


@dataclass(slots=True)
class Writer:
    """One letter being written: the sentences of its requests and what stands around them."""

    shop: Shop
    scenario: Scenario
    rng: random.Random
    voice: Voice

    @property
    def customer(self) -> Customer:
        """Who writes."""
        return self.scenario.customer

    def pick(self, templates: Sequence[str]) -> str:
        """One of them."""
        return self.rng.choice(templates)

    # --- what is asked ---

    def requests(self) -> list[str]:
        """One paragraph per request."""
        if self.scenario.kind == "ambiguous":
            return [self._vague()]
        if not self.scenario.requests:
            return [self._talk()]
        paragraphs: list[str] = []
        for number, request in enumerate(self.scenario.requests):
            text = self._request(request, first=number == 0)
            paragraphs.append(text)
        if len(paragraphs) > 1 and self.rng.random() < 0.2:
            mark = self.rng.choice(("{}) ", "{}. ", "({}) ", "- "))
            return [mark.format(number) + text for number, text in enumerate(paragraphs, start=1)]
        return paragraphs[:1] + [
            f"{self.pick(self.voice.links)} {text}" if self.rng.random() < 0.6 else text for text in paragraphs[1:]
        ]

    def _request(self, request: Request, *, first: bool) -> str:
        asks = self.voice.asks[request.wish]
        if request.refers == "item":
            # Without a number the order is just `order`, which needs a determiner before it.
            asks = tuple(ask for ask in asks if all(map(_DETERMINED.match, ask.split("{order}")[:-1])))
        if request.wish == "return" and self._is_whole(request):
            # "I won't keep everything" may mean that some of it stays.
            asks = tuple(ask for ask in asks if not _NEGATED.search(ask))
        ask = self.pick(asks)
        block = ask.endswith(("{addr}.", "{addr}")) and self.rng.random() < 0.4
        if block:
            ask = ask.removesuffix(".")
        sentences = [_sentence(ask.format(**self._slots(request, first=first, block=block)))]
        if request.order and "{order}" not in ask and request.refers == "id":
            sentences.append(self._order_line(request.order))
        for number in range(1, len(request.targets)):
            sentences.append(self._more(request, number))
        sentences += self._money(request)
        if request.wish == "cancel":
            reason = self.pick(self.voice.reasons[request.reason])
            sentences.insert(0 if self.rng.random() < 0.35 else len(sentences), reason)
        elif self.rng.random() < 0.4:
            story = self.pick(self.voice.stories[request.wish])
            sentences.insert(self.rng.randrange(1, len(sentences) + 1), story)
        return " ".join(sentences).replace("\n ", "\n").rstrip("\n")

    def _slots(self, request: Request, *, first: bool, block: bool) -> dict[str, str]:
        slots: dict[str, str] = {}
        naming, rng = self.voice.naming, self.rng
        order = request.order
        if order:
            slots["order"] = self._order(request, order)
        if request.lines and order:
            slots |= naming.item(rng, request.lines[0], order.lines)
            slots["items"] = self._items(request, order)
        if request.targets:
            slots["new"] = self._new(request, 0)
        if request.method:
            slots["pay"] = self._method(request)
        if request.address:
            if request.profile_address:
                slots["addr"] = self.pick(self.voice.profile_address)
            elif request.wish == "address" and not first and self._given(request):
                slots["addr"] = self.pick(_SAME_ADDRESS[self.scenario.language])
            else:
                slots["addr"] = naming.address(rng, request.address, self.customer, block=block)
        return slots

    def _given(self, request: Request) -> bool:
        return any(
            other.wish == "user_address" and other.address == request.address for other in self.scenario.requests
        )

    def _order(self, request: Request, order: Order) -> str:
        refers, named = request.refers, order.lines[0]
        if refers == "item" and request.lines:
            return {"en": "order", "de": "Bestellung", "es": "pedido"}[self.scenario.language]
        return self.voice.naming.order(self.rng, order, refers, named)

    def _items(self, request: Request, order: Order) -> str:
        if self._is_whole(request):
            return self.pick(_EVERYTHING[self.scenario.language])
        names = [self.voice.naming.item(self.rng, line, order.lines)["item"] for line in request.lines]
        return self.voice.naming.join(self._with_article(names))

    def _is_whole(self, request: Request) -> bool:
        return bool(request.order and request.refers == "id" and len(request.lines) == len(request.order.lines) > 1)

    def _with_article(self, names: Sequence[str]) -> list[str]:
        return [f"the {name}" for name in names] if self.scenario.language == "en" else list(names)

    def _new(self, request: Request, number: int) -> str:
        """What the line becomes; now and then with a second choice, in case the first is sold out."""
        line, target = request.lines[number], request.targets[number]
        wanted = self.voice.naming.wish(self.rng, line, target)
        if not target.available or self.rng.random() > 0.13:
            return wanted
        variants = self.shop.product(line.product_id).variants
        near = [v for v in variants if v != target and 0 < changes(line, v) <= 2]
        if not near:
            return wanted
        other = self.rng.choice(near)
        spare = self.voice.naming.wish(self.rng, line, other)
        first, second = (wanted, spare) if other.available else (spare, wanted)
        return self.pick(self.voice.second_choice).format(first=first, second=second)

    def _more(self, request: Request, number: int) -> str:
        assert request.order is not None
        slots = self.voice.naming.item(self.rng, request.lines[number], request.order.lines)
        slots["new"] = self._new(request, number)
        return _sentence(self.pick(self.voice.more[request.wish]).format(**slots))

    def _method(self, request: Request) -> str:
        assert request.method is not None
        return self.voice.naming.method(self.rng, request.method, self.owner(request), request.order)

    def owner(self, request: Request) -> Customer:
        """Whose order it is: the writer's, but for somebody else's."""
        order = request.order
        if order is None or order.user_id == self.customer.user_id:
            return self.customer
        return next(c for c in self.shop.customers if c.user_id == order.user_id)

    def _money(self, request: Request) -> list[str]:
        if request.method is None or not request.says_method or request.wish == "payment":
            if request.insists and request.method:
                return [_sentence(self.pick(self.voice.insists).format(pay=self._method(request)))]
            return []
        templates = self.voice.refunds if request.wish == "return" else self.voice.pays
        texts = [self.pick(templates).format(pay=self._method(request))]
        if request.insists:
            texts.append(self.pick(self.voice.insists).format(pay=self._method(request)))
        return [_sentence(text) for text in texts]

    def _order_line(self, order: Order) -> str:
        text = self.voice.naming.order(self.rng, order, "id", None)
        return _sentence(self.pick(self.voice.order_lines).format(order=text, oid=keep(order.order_id)))

    # --- letters without a clear request ---

    def _talk(self) -> str:
        order = self.customer.orders[0]
        template = self.pick(self.voice.talks[self.scenario.topic])
        return _sentence(
            template.format(
                order=self.voice.naming.order(self.rng, order, "id", None),
                product=order.lines[0].entry.name,
            )
        )

    def _vague(self) -> str:
        (request,) = self.scenario.requests
        order = request.order
        assert order is not None
        slots = {
            "order": self.voice.naming.order(self.rng, order, "id", None),
            "city": request.address.city if request.address else "",
        }
        if request.lines:
            same_product = self.scenario.topic in {"return_which_order", "return_which_item"}
            scope = () if same_product else order.lines
            slots |= self._bare_item(request.lines[0]) if same_product else {}
            slots |= {} if same_product else self.voice.naming.item(self.rng, request.lines[0], scope)
        text = self.pick(self.voice.vague[self.scenario.topic]).format(**slots)
        if request.wish == "cancel":
            text = f"{text} {self.pick(self.voice.reasons[request.reason])}"
        return _sentence(text)

    def _bare_item(self, line: Variant) -> dict[str, str]:
        name = line.entry.name
        if self.scenario.language == "en":
            return {"item": self.rng.choice((name, line.entry.short))}
        if self.scenario.language == "de":
            return {"item": f"den Artikel „{name}“", "item_n": f"der Artikel „{name}“"}
        return {"item": f"el artículo «{name}»"}

    # --- what is around it ---

    def distractor(self) -> str:
        """Something mentioned that must be left alone; empty in most letters."""
        if self.rng.random() > 0.32 or self.scenario.kind in {"ambiguous", "other_customer"}:
            return ""
        asked = {request.order.order_id for request in self.scenario.requests if request.order}
        spare = [order for order in self.customer.orders if order.order_id not in asked]
        kinds = self.voice.distractors
        request = self.scenario.requests[0] if len(self.scenario.requests) == 1 else None
        if request and request.order and request.lines:
            rest = [line for line in request.order.lines if line not in request.lines]
            if rest and self.rng.random() < 0.6:
                slots = self.voice.naming.item(self.rng, self.rng.choice(rest), request.order.lines)
                return _sentence(self.pick(kinds["item"]).format(**slots))
        if spare and self.scenario.requests and self.rng.random() < 0.6:
            return _sentence(self.pick(kinds["order"]).format(oid=keep(self.rng.choice(spare).order_id)))
        owned = {line.product_id for order in self.customer.orders for line in order.lines}
        others = [product for product in self.shop.products if product.product_id not in owned]
        return _sentence(self.pick(kinds["product"]).format(product=self.rng.choice(others).entry.name))

    def subject(self) -> str:
        """The subject line; now and then empty of any hint."""
        requests = list(self.scenario.requests)
        if len(requests) != 1:
            return self.pick(self._without_number(self.voice.subjects["multi" if requests else "talk"]))
        (request,) = requests
        templates = self.voice.subjects[request.wish]
        if request.order is None or request.refers != "id" or self.scenario.kind == "ambiguous":
            return self.pick(self._without_number(templates))
        return self.pick(templates).format(oid=request.order.order_id)

    def _without_number(self, templates: Sequence[str]) -> list[str]:
        return [text for text in templates if "{oid}" not in text]


def _sentence(text: str) -> str:
    text = text.replace(" de el ", " del ").replace(" a el ", " al ")
    return text[0].upper() + text[1:]
