"""Research: claims that quote their sources, the check of the quotes, and a solver without a model that only quotes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel
from typing_extensions import TypedDict

from compound.model import solver
from compound.tool import Verdict, check, tool

from ..shop.documents import Json
from .quoting import best_sentences, overlap, words_of

LEAST_SHARED = 0.4
"""Share of the question's words that a passage needs before the solver quotes it."""
MOST_CLAIMS = 3
_FIGURE = re.compile(r"\d[\d,.]*\d|\d")


class Cite(BaseModel):
    """The source of a claim.

    Attributes:
        source: `handbook:refund-times`, `cases:C-0041` or `product:Trail Tent`.
        quote: Words of that source, verbatim; for a product a value of its row.
    """

    source: str
    quote: str


class Claim(BaseModel):
    """One sentence and its sources."""

    text: str
    cites: list[Cite]


class Findings(BaseModel):
    """The researcher's answer: claims, and open questions."""

    claims: list[Claim]
    open: list[str]


class Sources(TypedDict):
    """The cited sources of the claims, sorted by where they are looked up."""

    documents: list[str]
    products: list[str]


class SourceText(TypedDict):
    """A source in its present form; `text` is empty if it does not exist."""

    source: str
    text: str


class ResearchReport(TypedDict):
    """The proven claims as Markdown, and all others with their reasons."""

    text: str
    unproven: list[str]
    open: list[str]
    notes: list[str]


@solver("quote_handbook")
def look_up(inputs: Mapping[str, Json]) -> Json:
    """Answer the graph's `agent` node without a model: search, then quote passages with enough words in common."""
    question = str(inputs.get("question") or "")
    seen = inputs.get("observations")
    searched = [one for one in seen if isinstance(one, Mapping)] if isinstance(seen, list) else []
    if not searched:
        return {"tool_calls": [{"name": "retrieve_handbook", "arguments": {"query": question}}]}
    claims = list(_claims(question, [str(one.get("result")) for one in searched]))
    left: list[Json] = (
        [] if claims else ["the handbook says nothing in these words; without a model nothing else is tried"]
    )
    return {"answer": {"claims": claims[:MOST_CLAIMS], "open": left}}


def _claims(question: str, results: Sequence[str]) -> Iterator[Json]:
    wanted = words_of(question)
    for result in results:
        try:
            passages = json.loads(result)
        except ValueError:  # an error of the search, or a result that was cut
            continue
        scored = [(overlap(wanted, words_of(f"{one['title']} {one['text']}")), one) for one in passages]
        for score, passage in sorted(scored, key=lambda one: -one[0]):
            best = best_sentences(question, str(passage["text"]))
            if score >= LEAST_SHARED and best:
                cite: Json = {"source": f"handbook:{passage['doc_id']}", "quote": best[0].quote}
                yield {"text": best[0].text, "cites": [cite]}


@tool
def cited_sources(findings: Findings | None) -> Sources:
    """Every source that a claim names, each once."""
    named = [cite.source.strip() for claim in (findings.claims if findings else []) for cite in claim.cites]
    documents = [one for one in named if one.partition(":")[0] in {"handbook", "cases"}]
    products = [one.partition(":")[2].strip() for one in named if one.startswith("product:")]
    return Sources(documents=list(dict.fromkeys(documents)), products=[one for one in dict.fromkeys(products) if one])


@tool
def product_text(product: str, rows: list[dict[str, Json]]) -> SourceText:
    """The rows of a product as text that can be quoted."""
    lines = ["; ".join(f"{key}: {value}" for key, value in row.items()) for row in rows]
    return SourceText(source=f"product:{product}", text="\n".join(lines))


@check("cited")
def cited(findings: Findings | None, documents: list[SourceText], products: list[SourceText]) -> Verdict:
    """Check that each claim cites, each quote is in its source, and each number of a claim is in one of its quotes.

    It does not prove that a claim follows from its quotes: a reader has to judge that.
    """
    if findings is None:
        return Verdict(ok=False, problems=["there is no answer"], details={"proven": []})
    texts = {one["source"]: _plain(one["text"]) for one in [*documents, *products]}
    wrong = [_problem(claim, texts) for claim in findings.claims]
    proven = sum(not problem for problem in wrong)
    return Verdict(
        ok=not any(wrong),
        score=proven / len(wrong) if wrong else None,
        problems=[problem for problem in wrong if problem],
        details={"proven": [not problem for problem in wrong]},
    )


def _problem(claim: Claim, texts: Mapping[str, str]) -> str:
    if not claim.cites:
        return f"no source: {claim.text}"
    for cite in claim.cites:
        text = texts.get(cite.source.strip(), "")
        if not text:
            return f"{cite.source} does not exist: {claim.text}"
        if not _plain(cite.quote) or _plain(cite.quote) not in text:
            return f"{cite.source} does not say {cite.quote!r}: {claim.text}"
    said = Counter(_FIGURE.findall(" ".join(cite.quote for cite in claim.cites)))
    lost = [figure for figure in _FIGURE.findall(claim.text) if figure not in said]
    return f"{lost[0]} is in no quote: {claim.text}" if lost else ""


@tool
def research_report(findings: Findings | None, checked: Verdict, stopped: str, turns: int) -> ResearchReport:
    """Only the proven claims, with their sources; the others by name."""
    details = checked.details
    marks = details.get("proven") if isinstance(details, Mapping) else None
    proven = [bool(one) for one in marks] if isinstance(marks, list) else []
    claims = findings.claims if findings else []
    kept = [claim for claim, is_proven in zip(claims, proven, strict=False) if is_proven]
    lines = [f"- {claim.text} [{', '.join(dict.fromkeys(cite.source for cite in claim.cites))}]" for claim in kept]
    why = {"budget": "its budget ended", "max_turns": "its turns ended", "abstained": "the model abstained"}
    notes = [f"{turns} turns, {len(kept)} of {len(claims)} claims proven"]
    if stopped in why:
        notes.append(f"no answer: {why[stopped]}")
    return ResearchReport(
        text="\n".join(lines), unproven=list(checked.problems), open=findings.open if findings else [], notes=notes
    )


def _plain(text: str) -> str:
    return " ".join(text.replace("*", "").replace("`", "").casefold().split())
