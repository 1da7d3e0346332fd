"""Figures in words: the analyst's answer without a language model, and the check that a text matches the rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from typing_extensions import TypedDict

from compound.model import solver
from compound.tool import AskAnswer, Verdict, check, tool

from ..shop.documents import Json
from .charts import Chart
from .result_tables import ResultTable, cell

_FIGURE = re.compile(r"(?<![\w.,#])[-−]?\d[\d,]*(?:\.\d+)?(?:\s?%)?(?![\w])")
_LISTED = 3


@solver("analyst_words")
def say(inputs: Mapping[str, Json]) -> Json:
    """Answer the graph's `words` node: the rows in one or two sentences, without explanations or guesses."""
    answer = AskAnswer.model_validate(inputs["answer"])
    names = [column["name"] for column in answer.columns]
    rows = answer.rows
    if not rows:
        return {"text": "The query found no rows."}
    if len(rows) == 1:
        said = ", ".join(f"{name.replace('_', ' ')}: {cell(rows[0][name])}" for name in names)
        return {"text": f"{said}."}
    first = "; ".join(_row(row, names) for row in rows[:_LISTED])
    more = f" The table has all {len(rows)} rows." if len(rows) > _LISTED else ""
    return {"text": f"In the table's order: {first}.{more}"}


def _row(row: Mapping[str, Json], names: Sequence[str]) -> str:
    return f"{cell(row[names[0]])} {', '.join(cell(row[name]) for name in names[1:])}".strip()


@check("figures")
def figures(text: str | None, answer: AskAnswer, question: str) -> Verdict:
    """Check that every number of a text is in the rows or in the question, or is their count.

    A number may be rounded to fewer decimals than the row has, but not computed: a sum or a share that is not in the
    rows is a problem, even if it is right, because nobody can look it up.
    """
    if not (text or "").strip():
        return Verdict(ok=False, problems=["there is no text"], details={"found": []})
    known = set(_numbers(answer, question))
    found = [match.group() for match in _FIGURE.finditer(text or "")]
    wrong = [figure for figure in found if not _is_known(figure, known)]
    return Verdict(
        ok=not wrong,
        score=1.0 if not found else 1 - len(wrong) / len(found),
        problems=[f"{figure} is in no row" for figure in wrong],
        details={"found": [*found]},
    )


def _numbers(answer: AskAnswer, question: str) -> Iterator[float]:
    yield float(len(answer.rows))
    for match in _FIGURE.finditer(question):
        yield _number(match.group())
    for row in answer.rows:
        for value in row.values():
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield float(value)
            elif isinstance(value, str):
                for match in re.finditer(r"\d[\d,]*(?:\.\d+)?", value):
                    yield _number(match.group())


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-").rstrip("% "))


def _is_known(figure: str, known: set[float]) -> bool:
    value = _number(figure)
    decimals = len(figure.rstrip("% ").partition(".")[2])
    return any(value == one or value == round(one, decimals) for one in known)


class Report(TypedDict):
    """The analyst's result: `answer` is null if nothing was proven; `notes` name what is missing and why."""

    answer: str | None
    notes: list[str]


@tool
def analyst_report(
    query: dict[str, Json] | None,
    rows: AskAnswer,
    words: dict[str, Json] | None,
    checked: Verdict | None,
    table: ResultTable | None,
    chart: Chart | None,
) -> Report:
    """The words if every number of them was found in the rows, and a note for everything missing."""
    notes: list[str] = []
    if rows.status == "nothing":
        why = (query or {}).get("why") or "the model gave no usable answer"
        notes.append(f"no SQL was written: {why}")
    elif rows.problem is not None:
        what = {"refused": "asked for more than is granted", "failed": "was stopped", "mend": "never fitted"}
        notes.append(f"the SQL {what.get(rows.status, rows.status)}: {rows.problem.message} [{rows.problem.code}]")
    elif query and query.get("why"):
        notes.append(f"the model says: {query['why']}")
    if checked is not None and not checked.ok:
        notes.append(f"its words were not shown: {'; '.join(checked.problems)}")
    notes += [note for note in (table["note"] if table else "", chart["note"] if chart else "") if note]
    if chart and chart["why"]:
        notes.append(f"no chart: {chart['why']}")
    proven = words is not None and checked is not None and checked.ok
    return Report(answer=str(words.get("text")) if words and proven else None, notes=notes)
