"""Facts in Spanish."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ._options import SPANISH_PHRASES, changed_keys, one_size_up, telling_keys, translate
from ._records import KEY_WORDS, Address, Customer, Method, Order, Variant
from ._voice import keep, other_cards

_ARTICLES = {"m": "el", "f": "la", "mp": "los", "fp": "las"}


class SpanishNaming:
    """How Spanish letters name things."""

    def item(self, rng: random.Random, line: Variant, scope: Sequence[Variant]) -> dict[str, str]:
        """Slot `item`, with its article."""
        keys = telling_keys(rng, line, scope)
        if not keys and rng.random() < 0.15:
            keys = [rng.choice(list(line.options))]
        tail = "".join(f" {_phrase(line, key)}" for key in keys)
        return {"item": f"{self._noun(rng, line)}{tail}"}

    def _noun(self, rng: random.Random, line: Variant) -> str:
        gender, _, noun = line.entry.spanish.partition(":")
        if rng.random() < 0.5:
            return f"{_ARTICLES[gender]} {noun}"
        return f"el artículo «{line.entry.name}»"

    def wish(self, rng: random.Random, line: Variant, target: Variant) -> str:
        """The target as a noun phrase with article."""
        keys = changed_keys(line, target)
        if one_size_up(line, target) and rng.random() < 0.4:
            return "una talla más grande"
        if rng.random() < 0.2:
            keys = list(target.options)
        phrases = self.join([_phrase(target, key) for key in keys])
        return rng.choice(
            (
                f"la versión {phrases}",
                f"el modelo {phrases}",
                f"uno igual pero {phrases}",
                f"la opción {phrases}",
                "la variante ("
                + ", ".join(f"{KEY_WORDS[key][1]}: {translate(target.options[key], 1)}" for key in keys)
                + ")",
            )
        )

    def method(self, rng: random.Random, method: Method, customer: Customer, order: Order | None) -> str:
        """With its article."""
        if order and method == customer.original(order) and rng.random() < 0.25:
            return "el método de pago original"
        if method.source == "paypal":
            return rng.choice(("PayPal", "mi cuenta de PayPal"))
        if method.source == "gift_card":
            return rng.choice(("mi tarjeta regalo", "la tarjeta regalo de mi cuenta"))
        brand = {"visa": "Visa", "mastercard": "Mastercard", "amex": "Amex"}[method.brand or "visa"]
        last = keep(method.last_four or "")
        forms = [f"mi {brand} terminada en {last}", f"la tarjeta que acaba en {last}"]
        rivals = other_cards(customer, method)
        if all(rival.brand != method.brand for rival in rivals):
            forms.append(f"mi tarjeta {brand}")
        return rng.choice(forms if rivals else [*forms, "mi tarjeta de crédito"])

    def address(self, rng: random.Random, address: Address, customer: Customer, *, block: bool) -> str:
        """Street, then postal code and town."""
        first = f"{address.address1}, {address.address2}" if address.address2 else address.address1
        place = f"{address.zip} {address.city}" + (f", {address.state}" if address.state else "")
        country = address.country != customer.address.country or rng.random() < 0.3
        last = f", {address.country}" if country else ""
        if block:
            return "\n" + keep(f"{first}\n{place}{last}") + "\n"
        return keep(f"{first}, {place}{last}")

    def order(self, rng: random.Random, order: Order, refers: str, named: Variant | None) -> str:
        """`pedido #W1234567`, or by an item, or as the open one."""
        if refers == "open":
            return "pedido que sigue pendiente"
        if refers == "item" and named:
            return f"pedido que lleva {self._noun(rng, named)}"
        number = order.order_id
        return rng.choice((f"pedido {keep(number)}", f"pedido número {keep(number)}", f"pedido {keep(number[1:])}"))

    def join(self, parts: Sequence[str]) -> str:
        """`a, b y c`."""
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} y {parts[-1]}"


def _phrase(variant: Variant, key: str) -> str:
    value = translate(variant.options[key], 1)
    if key == "bluetooth":
        return "con Bluetooth" if variant.options[key] == "yes" else "sin Bluetooth"
    default = f"con {KEY_WORDS[key][1]} {{v}}"
    return SPANISH_PHRASES.get(key, default).format(v=value)
