"""The handbook page that lists what products and options are called in three languages."""

from __future__ import annotations

from .catalogue import ENTRIES, KEY_WORDS, VALUE_WORDS

_HEAD = """# What our products are called

The shop's own names are English. Customers write in their own words; these are the usual ones.

| product | also called | German | Spanish | options |
| --- | --- | --- | --- | --- |
"""
_OPTIONS = """
## Options

| option | German | Spanish |
| --- | --- | --- |
"""
_VALUES = """
## Values

| value | German | Spanish |
| --- | --- | --- |
"""


def product_names_page() -> str:
    """The page in Markdown, from the catalogue."""
    products = [
        f"| {entry.name} | {entry.short}, {entry.synonym} | {entry.german.partition(':')[2]} "
        f"| {entry.spanish.partition(':')[2]} | {', '.join(entry.options)} |\n"
        for entry in ENTRIES
    ]
    options = [f"| {key} | {german} | {spanish} |\n" for key, (german, spanish) in KEY_WORDS.items()]
    values = [f"| {value} | {german} | {spanish} |\n" for value, (german, spanish) in VALUE_WORDS.items()]
    return "".join([_HEAD, *products, _OPTIONS, *options, _VALUES, *values])
