"""Mistakes in what lies beside graphs: prompts, SQL tools, Python types, graphs in Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mutation.operators import operator
from tests.mutation.tree import Change, File, typo

FIELD = re.compile(r"(?<=[\w\]]\.)([a-z_]+)(?!\w)")


def _each(text: str, pattern: str, change: str = "") -> Iterator[tuple[str, str]]:
    """The text with each match misspelt, or replaced, in turn."""
    for match in re.finditer(pattern, text):
        new = change or typo(match[0])
        yield f"{match[0]} becomes {new}", text[: match.start()] + new + text[match.end() :]


@operator("typo in a placeholder of a prompt")
def placeholder(file: File) -> Iterator[Change]:
    """`{{ tikcet }}`."""
    if file.path.endswith(".md") and "prompts" in file.path:
        yield from _each(file.text, r"(?<=\{\{ )[a-z_]+|(?<= in )[a-z_]+(?= %\})|(?<=\{% if )[a-z_]+")


@operator("typo in a field of a prompt")
def prompt_field(file: File) -> Iterator[Change]:
    """`{{ ticket.subjet }}`."""
    if file.path.endswith(".md") and "prompts" in file.path:
        for inside in re.finditer(r"\{[{%].*?[%}]\}", file.text):
            for what, new in _each(inside[0], FIELD.pattern):
                yield what, file.text[: inside.start()] + new + file.text[inside.end() :]


@operator("placeholder removed from a prompt")
def placeholder_removed(file: File) -> Iterator[Change]:
    """The model does not see an input of its node."""
    if not (file.path.endswith(".md") and "prompts" in file.path):
        return
    for name in dict.fromkeys(re.findall(r"(?<=\{\{ )[a-z_]+", file.text)):
        uses = re.findall(rf"\b{name}\b", "".join(re.findall(r"\{[{%].*?[%}]\}", file.text)))
        if len(uses) == 1:
            yield f"{name} removed", re.sub(rf"\{{\{{ {name}\b.*?\}}\}}", "", file.text, count=1)


@operator("filter or block of a prompt broken")
def prompt_broken(file: File) -> Iterator[Change]:
    """A filter that there is none of; an `endif` that is missing."""
    if file.path.endswith(".md") and "prompts" in file.path:
        yield from _each(file.text, r"(?<=\| )[a-z_]+")
        for match in re.finditer(r"\{% end\w+ %\}", file.text):
            yield f"{match[0]} removed", file.text[: match.start()] + file.text[match.end() :]


@operator("parameter of a SQL tool renamed")
def sql_parameter(file: File) -> Iterator[Change]:
    """In the header, or in the statement."""
    if file.path.endswith(".sql"):
        yield from _each(file.text, r"(?<=\$)[a-z_]+")
        yield from _each(file.text, r"(?m)(?<=^  )[a-z_]+(?=: \{type)")


@operator("column of a SQL tool misspelt")
def sql_column(file: File) -> Iterator[Change]:
    """A column that the table does not have."""
    if file.path.endswith(".sql"):
        head, mark, select = file.text.rpartition("SELECT ")
        line = select.partition("\nFROM")[0]
        for what, new in _each(line, r"[a-z_]+(?=,|$)"):
            yield what, f"{head}{mark}{new}{select[len(line) :]}"


@operator("column of a SQL tool called otherwise")
def sql_alias(file: File) -> Iterator[Change]:
    """`price AS amount`: the graph still says `price`."""
    if file.path.endswith(".sql"):
        head, mark, select = file.text.partition("\nSELECT ")
        line = select.partition("\nFROM")[0]
        for match in re.finditer(r"[a-z_]+(?=,|$)", line):
            if not file.says(match[0]):
                continue
            new = f"{line[: match.end()]} AS {typo(match[0])}{line[match.end() :]}"
            yield f"{match[0]} called {typo(match[0])}", f"{head}{mark}{new}{select[len(line) :]}"


@operator("table of a SQL tool misspelt")
def sql_table(file: File) -> Iterator[Change]:
    """In the header, or in the statement."""
    if file.path.endswith(".sql"):
        yield from _each(file.text, r"(?<=FROM )[a-z_]+|(?<=JOIN )[a-z_]+")
        yield from _each(file.text, r"(?<=lake\.shop\.)[a-z_]+|(?<=lake\.workshop\.)[a-z_]+")


@operator("statement that is not one reading SELECT")
def sql_statement(file: File) -> Iterator[Change]:
    """It writes, or a second statement follows, or the customer's key is not asked any more."""
    if file.path.endswith(".sql"):
        head, mark, select = file.text.partition("\nSELECT ")
        yield "a second statement", file.text.rstrip() + ";\nDELETE FROM orders\n"
        yield "it deletes", f"{head}\nDELETE {select.partition(chr(10))[2]}"
        table = re.search(r"FROM ([a-z_]+)", select)
        if "from: caller" in file.text and table:
            yield "rows of everybody", f"{head}{mark}{select.replace('= $customer_id', 'IS NOT NULL')}"


@operator("field of a Python type renamed")
def python_field(file: File) -> Iterator[Change]:
    """The pydantic model says another name than the graphs."""
    if file.path.endswith("types.py"):
        found = _each(file.text, r"(?m)(?<=^    )[a-z_]+(?=: )")
        yield from ((what, text) for what, text in found if file.says(what.partition(" ")[0]))


@operator("Python type renamed")
def python_type(file: File) -> Iterator[Change]:
    """The graph names a class that is not there."""
    if file.path.endswith("types.py"):
        yield from _each(file.text, r"(?<=class )\w+")


@operator("typo in a graph in Python")
def python_graph(file: File) -> Iterator[Change]:
    """A name of what is called, of an argument, of a field."""
    if file.path.endswith("translate.py"):
        yield from _each(
            file.text, r'(?<=graph\.(?:tool)\(")[a-z_]+|(?<=graph\.check\(")[a-z_]+|(?<=retrieve\(")[a-z_]+'
        )
        yield from _each(file.text, r'(?<=    ")[a-z_]+(?=",)|(?<=prompt="prompts/)[a-z_]+')
        yield from _each(file.text, r"(?<=mail\.)text|(?<=answer\.)[a-z]+|(?<=verdict\.)ok|(?<=letter\.)[a-z]+")
        yield from _each(
            file.text, r"(?<=, )text(?==)|(?<=, )limit|(?<=    )(?:mail|language|found)(?==)|(?<=, )language(?==)"
        )
