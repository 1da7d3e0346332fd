"""Facts in German."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ._options import GERMAN_PHRASES, changed_keys, one_size_up, telling_keys, translate
from ._records import KEY_WORDS, Address, Customer, Method, Order, Variant
from ._voice import keep, other_cards

_ARTICLES = {
    "m": ("der", "den", "dem"),
    "f": ("die", "die", "der"),
    "n": ("das", "das", "dem"),
    "p": ("die", "die", "den"),
}


class GermanNaming:
    """How German letters name things."""

    def item(self, rng: random.Random, line: Variant, scope: Sequence[Variant]) -> dict[str, str]:
        """Slots `item` (accusative), `item_n`, `item_d`, each with its article."""
        keys = telling_keys(rng, line, scope)
        if not keys and rng.random() < 0.15:
            keys = [rng.choice(list(line.options))]
        tail = "".join(f" {_phrase(line, key)}" for key in keys)
        articles, noun = self._noun(rng, line)
        nominative, accusative, dative = (f"{article} {noun}{tail}" for article in articles)
        return {"item": accusative, "item_n": nominative, "item_d": dative}

    def _noun(self, rng: random.Random, line: Variant) -> tuple[tuple[str, str, str], str]:
        gender, _, noun = line.entry.german.partition(":")
        if rng.random() < 0.5:
            return _ARTICLES[gender], noun
        return ("der", "den", "dem"), f"Artikel „{line.entry.name}“"

    def wish(self, rng: random.Random, line: Variant, target: Variant) -> str:
        """The target as a feminine noun phrase that is the same in nominative and accusative."""
        keys = changed_keys(line, target)
        if one_size_up(line, target) and rng.random() < 0.4:
            return rng.choice(("eine Nummer größer", "eine Größe größer, sonst gleich"))
        if rng.random() < 0.2:
            keys = list(target.options)
        phrases = self.join([_phrase(target, key) for key in keys])
        return rng.choice(
            (
                f"die Variante {phrases}",
                f"die Ausführung {phrases}",
                f"das Gleiche {phrases}",
                f"eine Version {phrases}",
                "die Variante ("
                + ", ".join(f"{KEY_WORDS[key][0]} {translate(target.options[key], 0)}" for key in keys)
                + ")",
            )
        )

    def method(self, rng: random.Random, method: Method, customer: Customer, order: Order | None) -> str:
        """In a form that fits after `auf`, `über` or `mit`."""
        if order and method == customer.original(order) and rng.random() < 0.25:
            return "die ursprüngliche Zahlungsart"
        if method.source == "paypal":
            return rng.choice(("PayPal", "mein PayPal-Konto"))
        if method.source == "gift_card":
            return rng.choice(("meine Geschenkkarte", "die Geschenkkarte in meinem Konto"))
        brand = {"visa": "Visa", "mastercard": "Mastercard", "amex": "Amex"}[method.brand or "visa"]
        last = keep(method.last_four or "")
        forms = [f"meine {brand} mit den Endziffern {last}", f"die Karte mit der Endung {last}"]
        rivals = other_cards(customer, method)
        if all(rival.brand != method.brand for rival in rivals):
            forms.append(f"meine {brand}-Karte")
        return rng.choice(forms if rivals else [*forms, "meine Kreditkarte"])

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
        """`Bestellung #W1234567`, or by an item, or as the open one."""
        if refers == "open":
            return "noch offene Bestellung"
        if refers == "item" and named:
            articles, noun = self._noun(rng, named)
            return f"Bestellung mit {articles[2]} {noun}"
        number = order.order_id
        return rng.choice(
            (
                f"Bestellung {keep(number)}",
                f"Bestellung Nr. {keep(number)}",
                f"Bestellung {keep(number[1:])}",
            )
        )

    def join(self, parts: Sequence[str]) -> str:
        """`a, b und c`."""
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} und {parts[-1]}"


def _phrase(variant: Variant, key: str) -> str:
    value = translate(variant.options[key], 0)
    if key == "bluetooth":
        return "mit Bluetooth" if variant.options[key] == "yes" else "ohne Bluetooth"
    default = f"mit {KEY_WORDS[key][0]} {{v}}"
    return GERMAN_PHRASES.get(key, default).format(v=value)
