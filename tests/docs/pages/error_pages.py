"""`docs/errors/`: a section for every code, written by hand; what it says is filled in from the sources."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from compound import errors
from tests.docs.codes import Site, all_sites, by_code
from tests.docs.examples import run_example
from tests.docs.markdown import Section, blocks, fenced, prose, sections, with_part

FOLDER = Path("docs/errors")
UNWRITTEN = "(Say here what it means and what to do.)"
_MOST_MESSAGES = 3
_LONGEST_SEEN = 100
_FEWEST_LETTERS = 5


def error_pages(root: Path) -> dict[Path, str]:
    """Every page as it must be: sections in order, missing ones begun, what Compound says filled in."""
    codes = by_code(all_sites(root))
    pages: dict[Path, str] = {}
    for family in sorted({code.split(".")[0] for code in codes}):
        path = FOLDER / f"{family}.md"
        text = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else f"# {family}\n"
        pages[path] = _page(text, {code: sites for code, sites in codes.items() if code.split(".")[0] == family})
    pages[FOLDER / "index.md"] = _index(root, pages, codes)
    return pages


def problems(root: Path) -> list[str]:
    """What a person has to write or remove: a code without a word, an entry without a code, a missing example."""
    codes = by_code(all_sites(root))
    found: list[str] = []
    for path in sorted((root / FOLDER).glob("*.md")):
        if path.name == "index.md":
            continue
        shown = path.relative_to(root).as_posix()
        for entry in sections(path.read_text(encoding="utf-8")):
            place = f"{shown}:{entry.line}: {entry.title}"
            if entry.title not in codes:
                found.append(f"{place}: nothing raises this code any more; remove its section")
                continue
            codes_sites = codes.pop(entry.title)
            if not prose(entry.text) or UNWRITTEN in entry.text:
                found.append(f"{place}: say what it means")
            has_example = any("fails" in block.words for block in blocks(entry.text))
            if any(site.is_check for site in codes_sites) and not has_example:
                found.append(f"{place}: `compound check` finds it; add a block ```yaml fails that shows it")
    for code, sites in codes.items():
        family = code.split(".")[0]
        found.append(f"{sites[0].file}:{sites[0].line}: add `## {code}` to {FOLDER}/{family}.md (make docs begins it)")
    return found


def _page(text: str, codes: Mapping[str, Sequence[Site]]) -> str:
    written = {entry.title: entry for entry in sections(text)}
    first = min((text.find(f"\n## {title}\n") for title in written), default=-1)
    head = text if first < 0 else text[:first]
    parts = [head.rstrip()]
    for title in sorted({*written, *codes}):
        entry = written.get(title)
        body = f"\n{UNWRITTEN}\n" if entry is None else entry.text
        if title in codes:
            body = with_part(body, "says", _says(entry, codes[title]))
        parts.append(f"## {title}\n\n{body.strip()}")
    return "\n\n".join(parts) + "\n"


def _says(entry: Section | None, sites: Sequence[Site]) -> str:
    code = sites[0].code
    found = blocks(entry.text) if entry is not None else []
    examples = [block for block in found if "fails" in block.words]
    said: list[str] = []
    for example in examples:
        said += [text for one, text in run_example(example, found) if one == code] or [f"(not {code})"]
    said += [] if said else _messages(sites)
    lines = [_carrier(sites)] if _carrier(sites) else []
    if said:
        lines.append(fenced("\n".join(dict.fromkeys(said))))
    return "\n\n".join(lines) if lines else "The message is that of what happened."


def _messages(sites: Sequence[Site]) -> list[str]:
    """What the sources say, in place of an example: `<name>` stands for what is filled in."""
    found = dict.fromkeys(
        f"{site.what} [{site.code}]" + (f"\n  fix: {site.fix}" if site.fix else "") for site in sites if site.what
    )
    return list(found)[:_MOST_MESSAGES]


def _carrier(sites: Sequence[Site]) -> str:
    names = sorted({site.error for site in sites if site.error})
    shown: list[str] = []
    if any(site.is_check for site in sites):
        shown.append("found by `compound check`")
    for name in names:
        kind = getattr(errors, name, None)
        if isinstance(kind, type) and issubclass(kind, errors.CompoundError):
            shown.append(f"`{name}`, exit code {kind.exit_code}")
    return f"*{'; '.join(shown)}*" if shown else ""


def _index(root: Path, pages: Mapping[Path, str], codes: Mapping[str, Sequence[Site]]) -> str:
    rows = ["| codes | about |", "|---|---|"]
    for path, text in pages.items():
        about = text.partition("\n")[0].removeprefix("# ").partition(": ")
        rows.append(f"| [{about[0]}]({path.name}) | {about[2]} |")
    page = root / FOLDER / "index.md"
    text = page.read_text(encoding="utf-8") if page.is_file() else "# Errors\n"
    return with_part(with_part(text, "families", "\n".join(rows)), "messages", _by_message(pages, codes))


def _by_message(pages: Mapping[Path, str], codes: Mapping[str, Sequence[Site]]) -> str:
    """A row a code, by the words of its message: what a reader has before their eyes."""
    found: list[tuple[str, str]] = []
    for path, text in pages.items():
        for entry in sections(text):
            if entry.title in codes:
                place = f"{path.name}#{entry.title.replace('.', '')}"
                found.append((_seen(entry, codes[entry.title]), f"[{entry.title}]({place})"))
    rows = sorted(found, key=lambda row: (row[0] == "", _letters(row[0]).lower(), row[1]))
    lines = (f"| {message or '(of a provider, a database or an adapter)'} | {entry} |" for message, entry in rows)
    return "\n".join(["| message | entry |", "|---|---|", *lines])


def _seen(entry: Section, sites: Sequence[Site]) -> str:
    """What a code says most fully, in one line of a table: of its sources, or else of its example."""
    message = max((site.what for site in sites), key=lambda what: len(_letters(_general(what))), default="")
    if len(_letters(_general(message))) < _FEWEST_LETTERS:
        shown = re.search(rf"^(?:\S+: )?(.+?) \[{re.escape(entry.title)}\]$", entry.text, re.MULTILINE)
        message = shown[1] if shown and len(_letters(_general(shown[1]))) >= _FEWEST_LETTERS else ""
    plain = _general(message).replace("|", "\\|").replace("\n", " ")
    return plain if len(plain) <= _LONGEST_SEEN else plain[:_LONGEST_SEEN].rsplit(" ", 1)[0] + " …"


def _general(message: str) -> str:
    return re.sub(r"<(\w+|…)>", "…", message)


def _letters(message: str) -> str:
    return re.sub(r"[^A-Za-z ]", "", message).strip()
