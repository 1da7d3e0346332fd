"""Option values as phrases, and how much of a variant must be said to single it out."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ._records import VALUE_WORDS, Variant

SIZES = ("XS", "S", "M", "L", "XL")

# option -> (before the noun, after the noun)
ENGLISH_PHRASES: dict[str, tuple[str, str]] = {
    "color": ("{v}", "in {v}"),
    "size": ("size {v}", "in size {v}"),
    "capacity": ("{v}", "with {v} capacity"),
    "diameter": ("{v}", "measuring {v} across"),
    "handle": ("{v}-handled", "with the {v} handle"),
    "material": ("{v}", "made of {v}"),
    "length": ("{v}", "that's {v} long"),
    "lid": ("{v}-lid", "with the {v} lid"),
    "compartments": ("{v}-compartment", "with {v} compartments"),
    "jars": ("{v}-jar", "with {v} jars"),
    "pattern": ("{v}", "in the {v} pattern"),
    "filling": ("{v}-filled", "with {v} filling"),
    "firmness": ("{v}", "in {v} firmness"),
    "pieces": ("{v}-piece", "with {v} pieces"),
    "hanging": ("{v}", "with {v} hanging"),
    "shape": ("{v}", "in {v}"),
    "scent": ("{v}", "that smells of {v}"),
    "burn time": ("{v}", "that burns {v}"),
    "hand": ("{v}-handed", "for the {v} hand"),
    "blade": ("{v}", "with the {v} blade"),
    "wood": ("{v}", "made of {v}"),
    "mounting": ("{v}", "with {v} mounting"),
    "grip": ("{v}-grip", "with the {v} grip"),
    "fuel": ("{v}", "that runs on {v}"),
    "burners": ("{v}-burner", "with {v} burners"),
    "persons": ("{v}-person", "for {v} people"),
    "season": ("{v}", "for {v} use"),
    "rating": ("{v}", "rated to {v}"),
    "zip side": ("{v}-zip", "with the zip on the {v}"),
    "brightness": ("{v}", "with {v}"),
    "power": ("{v}", "with {v} power"),
    "height": ("{v}", "in {v} height"),
    "nib": ("{v}-nib", "with the {v} nib"),
    "paper": ("{v}-paper", "with {v} paper"),
    "pans": ("{v}-pan", "with {v} pans"),
    "case": ("{v}-case", "in the {v} case"),
    "project": ("{v}", "for making the {v}"),
    "surface": ("{v}", "with the {v} surface"),
    "display": ("{v}", "with the {v} display"),
    "drive": ("{v}-drive", "with {v} drive"),
    "finish": ("{v}", "in the {v} finish"),
    "limit": ("{v}", "that weighs up to {v}"),
}
GERMAN_PHRASES: dict[str, str] = {
    "color": "in {v}",
    "size": "in Größe {v}",
    "material": "aus {v}",
    "wood": "aus {v}",
    "capacity": "mit {v}",
    "length": "mit {v} Länge",
    "diameter": "mit {v} Durchmesser",
    "compartments": "mit {v} Fächern",
    "jars": "mit {v} Gläsern",
    "pans": "mit {v} Näpfchen",
    "persons": "für {v} Personen",
    "pieces": "{v}-teilig",
    "burners": "mit {v} Flammen",
    "scent": "mit Duft {v}",
    "brightness": "mit {v}",
    "limit": "bis {v}",
    "zip side": "mit Reißverschluss {v}",
    "rating": "bis {v}",
    "burn time": "mit {v} Brenndauer",
}
SPANISH_PHRASES: dict[str, str] = {
    "color": "en {v}",
    "size": "en talla {v}",
    "material": "de {v}",
    "wood": "de {v}",
    "capacity": "de {v}",
    "length": "de {v} de largo",
    "diameter": "de {v} de diámetro",
    "compartments": "con {v} compartimentos",
    "jars": "con {v} tarros",
    "pans": "de {v} pastillas",
    "persons": "para {v} personas",
    "pieces": "de {v} piezas",
    "burners": "de {v} fuegos",
    "scent": "con aroma a {v}",
    "brightness": "de {v}",
    "limit": "de hasta {v}",
    "zip side": "con cremallera a la {v}",
    "burn time": "de {v} de duración",
}
_UNITS = (("cups", "Tassen", "tazas"), ("hours", "Stunden", "horas"), ("lumen", "Lumen", "lúmenes"))


def telling_keys(rng: random.Random, line: Variant, scope: Sequence[Variant]) -> list[str]:
    """The options that single `line` out among `scope`: none, one, or all of them."""
    rivals = [other for other in scope if other.product_id == line.product_id and other != line]
    if not rivals:
        return []
    single = [key for key in line.options if all(other.options[key] != line.options[key] for other in rivals)]
    return [rng.choice(single)] if single else list(line.options)


def changed_keys(line: Variant, target: Variant) -> list[str]:
    """The options in which the two differ."""
    return [key for key in line.options if line.options[key] != target.options[key]]


def one_size_up(line: Variant, target: Variant) -> bool:
    """Whether only the letter size differs, by one step up."""
    if changed_keys(line, target) != ["size"] or line.options["size"] not in SIZES:
        return False
    return SIZES.index(target.options["size"]) == SIZES.index(line.options["size"]) + 1


def translate(value: str, language: int) -> str:
    """The option value in German (0) or Spanish (1); what has no translation stays."""
    if value in VALUE_WORDS:
        return VALUE_WORDS[value][language]
    for words in _UNITS:
        value = value.replace(words[0], words[language + 1])
    return value
