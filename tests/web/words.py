"""The messages of the pages, and what the catalogues in `compound/web/locale` lack.

`python -m tests.web.words` says it; `--write` also adds what is missing to the catalogues, without a translation, and
takes out what no page says. Templates say messages with `_()` and `ngettext()`, Python with `words.text()`,
`words.plural()` and `N_()`; the argument `name` of a `View` is one too.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from compound.web.site.words import LANGUAGES, LOCALE

WEB: Final = LOCALE.parent
TRANSLATED: Final = tuple(one for one in LANGUAGES if one != "en")
HOLES: Final = re.compile(r"%\(\w+\)s|</?\w+[^>]*>|`[^`]+`")
"""What a translation keeps: placeholders, tags, code."""

Id = str | tuple[str, str]


@dataclass(frozen=True)
class Lack:
    """Something that a catalogue lacks, with the entry that cures it."""

    language: str
    why: str
    entry: str


def said() -> Mapping[Id, str]:
    """Every message of templates and Python to the place that says it first."""
    found: dict[Id, str] = {}
    for path in sorted(WEB.rglob("*.html")):
        with path.open("rb") as file:
            for line, message, _, _ in extract("jinja2", file, options={"silent": "false"}):
                found.setdefault(_id(message), f"{path.relative_to(WEB)}:{line}")
    for path in sorted(WEB.rglob("*.py")):
        for line, message in _of_python(ast.parse(path.read_text())):
            found.setdefault(message, f"{path.relative_to(WEB)}:{line}")
    return found


def _id(message: str | tuple[str | None, ...]) -> Id:
    if isinstance(message, str):
        return message
    one, many = message[0], message[1]
    assert one is not None
    assert many is not None
    return (one, many)


def _of_python(tree: ast.Module) -> Iterator[tuple[int, Id]]:
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        match call.func:
            case ast.Name("N_") | ast.Attribute(ast.Name("words"), "text") if texts:
                yield call.lineno, texts[0]
            case ast.Attribute(_, "text") if texts and ast.unparse(call.func).endswith("words.text"):
                yield call.lineno, texts[0]
            case ast.Attribute(_, "plural") if len(texts) > 1:
                yield call.lineno, (texts[0], texts[1])
            case ast.Name("View"):
                for one in call.keywords:
                    if one.arg == "name" and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str):
                        yield one.value.lineno, one.value.value
            case _:
                pass


def catalogue(language: str) -> Catalog:
    """The catalogue of a language."""
    with (LOCALE / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def lacks() -> list[Lack]:
    """What the catalogues lack, and what they have without need."""
    messages = said()
    return [one for language in TRANSLATED for one in _lacks(language, catalogue(language), messages)]


def _lacks(language: str, known: Catalog, messages: Mapping[Id, str]) -> Iterator[Lack]:
    entries = {one.id if isinstance(one.id, str) else one.id[0]: one for one in known if one.id}
    for message, where in messages.items():
        one = message if isinstance(message, str) else message[0]
        entry, blank = entries.get(one), _blank(message, known.num_plurals, where)
        if entry is None:
            yield Lack(language, f"{where} says {one!r}, which is missing", blank)
        elif why := _wrong(entry, message, known.num_plurals):
            yield Lack(language, f"{one!r}, of {where}: {why}", blank)
    spoken = {one if isinstance(one, str) else one[0] for one in messages}
    for one in entries:
        if one not in spoken:
            yield Lack(language, f"no page says {one!r}: take it out", "")


def _wrong(entry: Message, message: Id, plurals: int) -> str:
    """What is wrong with a translation; empty if nothing is."""
    texts = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
    if entry.fuzzy:
        return "it is marked as fuzzy"
    if not isinstance(message, str) and len(texts) != plurals:
        return f"it has {len(texts)} plural forms of {plurals}"
    if not all(text.strip() for text in texts):
        return "it is not translated"
    holes = set(HOLES.findall(message if isinstance(message, str) else message[1]))
    counted = set(HOLES.findall(message[0])) if not isinstance(message, str) else holes
    for text in texts:
        found = set(HOLES.findall(text))
        # "one row" and "two rows" need no number in Arabic: the form itself says it
        left = {"%(n)s"} if not isinstance(message, str) else set[str]()
        if not holes & counted - left <= found <= holes:
            return f"{text!r} has {sorted(found)} and not {sorted(holes)}"
    return ""


def _blank(message: Id, plurals: int, where: str) -> str:
    if isinstance(message, str):
        return f'#: {where}\nmsgid {_quoted(message)}\nmsgstr ""\n'
    forms = "".join(f'msgstr[{at}] ""\n' for at in range(plurals))
    return f"#: {where}\nmsgid {_quoted(message[0])}\nmsgid_plural {_quoted(message[1])}\n{forms}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def report(found: list[Lack]) -> str:
    """What to do, as entries to copy into the catalogues."""
    parts: list[str] = []
    for language in TRANSLATED:
        mine = [one for one in found if one.language == language]
        if mine:
            lines = "\n".join(f"# {one.why}\n{one.entry}" for one in mine)
            parts.append(f"compound/web/locale/{language}.po:\n\n{lines}")
    return "\n".join(parts)


def write(language: str, messages: Mapping[Id, str], given: Mapping[str, str | tuple[str, ...]] | None = None) -> None:
    """Write the catalogue of a language: every message in the order of its place, with the translation it has."""
    path = LOCALE / f"{language}.po"
    old = catalogue(language) if path.is_file() else Catalog(locale=language)
    new = Catalog(locale=language, header_comment=f"# {LANGUAGES[language]}: the words of the pages.", fuzzy=False)
    for message, where in messages.items():
        entry = old.get(message if isinstance(message, str) else message[0])
        kept = None if entry is None or not entry.id else entry.string
        text = (given or {}).get(message if isinstance(message, str) else message[0], kept)
        new.add(message, string=text, locations=[(where.rpartition(":")[0], None)])  # pyright: ignore[reportArgumentType]
    with path.open("wb") as file:
        write_po(file, new, width=120, omit_header=False)
    text = path.read_text()
    # nothing that changes with each run
    kept = [
        line
        for line in text.splitlines()
        if not re.match(r'"(POT|PO)-|"(Last|Generated|Report|Project|Language-T)', line)
    ]
    path.write_text("\n".join(kept) + "\n")


def main() -> int:
    """Say what is missing."""
    if "--write" in sys.argv:
        for language in TRANSLATED:
            write(language, said())
    found = lacks()
    sys.stdout.write(report(found) or f"every message is translated: {len(said())} in {', '.join(TRANSLATED)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
