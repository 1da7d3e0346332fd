"""Facts in English."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ._options import ENGLISH_PHRASES, changed_keys, one_size_up, telling_keys
from ._records import Address, Customer, Method, Order, Variant
from ._voice import keep, other_cards


class EnglishNaming:
    """How English letters name things."""

    def item(self, rng: random.Random, line: Variant, scope: Sequence[Variant]) -> dict[str, str]:
        """Slot `item`: a noun phrase without article."""
        keys = telling_keys(rng, line, scope)
        if not keys and rng.random() < 0.22:
            keys = [rng.choice(list(line.options))]
        return {"item": self._described(rng, self._noun(rng, line), line, keys)}

    def _noun(self, rng: random.Random, line: Variant) -> str:
        entry = line.entry
        name = rng.choices((entry.name, entry.short, entry.synonym), weights=(45, 42, 13))[0]
        return name.lower() if rng.random() < 0.45 else name

    def _described(self, rng: random.Random, noun: str, line: Variant, keys: Sequence[str]) -> str:
        if not keys:
            return noun
        if rng.random() < 0.5:
            return f"{' '.join(_before(line, key) for key in keys)} {noun}"
        if rng.random() < 0.25:
            return f"{noun} ({', '.join(line.options[key] for key in keys)})"
        return f"{noun} {self.join([_after(line, key) for key in keys])}"

    def wish(self, rng: random.Random, line: Variant, target: Variant) -> str:
        """The target as `the black one`, `the same but in black`, or with every option."""
        keys = changed_keys(line, target)
        if one_size_up(line, target) and rng.random() < 0.4:
            return rng.choice(("the next size up", "one size bigger", "a size larger, everything else the same"))
        if rng.random() < 0.2:
            keys = list(target.options)
        after = self.join([_after(target, key) for key in keys])
        before = " ".join(_before(target, key) for key in keys)
        pairs = ", ".join(f"{key} {target.options[key]}" for key in keys)
        return rng.choice(
            (
                f"the {before} one",
                f"the {before} version",
                f"one {after}",
                f"the one {after}",
                f"the same thing but {after}",
                f"the variant with {pairs}",
                f"the {target.entry.short} {after}",
                f"the {_before(target, keys[0])} one"
                + (f" {self.join([_after(target, key) for key in keys[1:]])}" if keys[1:] else ""),
            )
        )

    def method(self, rng: random.Random, method: Method, customer: Customer, order: Order | None) -> str:
        """By brand, last four digits, kind, or as the original method."""
        if order and method == customer.original(order) and rng.random() < 0.3:
            return rng.choice(
                (
                    "the original payment method",
                    "whatever I paid with originally",
                    "the same method I used for the order",
                )
            )
        if method.source == "paypal":
            return rng.choice(("PayPal", "my PayPal", "my PayPal account", "the PayPal account on file"))
        if method.source == "gift_card":
            return rng.choice(("my gift card", "the gift card on my account", "my Quillmoor gift card"))
        brand = {"visa": "Visa", "mastercard": "Mastercard", "amex": "Amex"}[method.brand or "visa"]
        last = keep(method.last_four or "")
        forms = [
            f"my {brand} ending in {last}",
            f"the {brand} card ending {last}",
            f"the card ending in {last}",
            f"my credit card (…{last})",
            f"the {brand} with last four {last}",
        ]
        rivals = other_cards(customer, method)
        if all(rival.brand != method.brand for rival in rivals):
            forms += [f"my {brand}", f"the {brand}"]
        return rng.choice(forms if rivals else [*forms, "my credit card", "the credit card on file"])

    def address(self, rng: random.Random, address: Address, customer: Customer, *, block: bool) -> str:
        """One line or several; the country only now and then, where it stays the same."""
        first = f"{address.address1}, {address.address2}" if address.address2 else address.address1
        place = f"{address.city}, {address.state} {address.zip}" if address.state else f"{address.city}, {address.zip}"
        country = address.country != customer.address.country or rng.random() < 0.5
        last = f", {address.country}" if country else ""
        form = rng.randrange(4)
        if block:
            return "\n" + keep(f"{first}\n{place}" + (f"\n{address.country}" if country else "")) + "\n"
        if form == 1 and address.state:
            return keep(f"{first} in {address.city}, {address.state}, zip {address.zip}{last}")
        return keep(f"{first}, {place}{last}")

    def order(self, rng: random.Random, order: Order, refers: str, named: Variant | None) -> str:
        """`order #W1234567`, or by an item, or as the open one."""
        if refers == "open":
            return rng.choice(("pending order", "open order", "order that hasn't shipped yet"))
        if refers == "item" and named:
            noun = self._noun(rng, named)
            return rng.choice((f"order with the {noun}", f"order that has the {noun} in it", f"{noun} order"))
        number = order.order_id
        return rng.choice(
            (
                f"order {keep(number)}",
                f"order {keep(number)}",
                f"order number {keep(number)}",
                f"order {keep(number[1:])}",
                f"order no. {keep(number)}",
            )
        )

    def join(self, parts: Sequence[str]) -> str:
        """`a, b and c`."""
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _before(variant: Variant, key: str) -> str:
    value = variant.options[key]
    if key == "bluetooth":
        return "bluetooth" if value == "yes" else "non-bluetooth"
    return ENGLISH_PHRASES[key][0].format(v=value)


def _after(variant: Variant, key: str) -> str:
    value = variant.options[key]
    if key == "bluetooth":
        return "with bluetooth" if value == "yes" else "without bluetooth"
    return ENGLISH_PHRASES[key][1].format(v=value)
