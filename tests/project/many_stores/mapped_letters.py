"""A company whose graph writes one letter for each item of a list, and asks a person for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.project.keys.table import Place
from tests.project.many_stores.company import company, letters, opened

GRAPH = """\
compound: graph/v1
name: main
types:
  Letter: {to: str, person_id: str, text: str}
input: {letters: "list[Letter]"}
output: {letters: $letters, count: $count.n}
nodes:
  letters:
    map: {each: $input.letters, as: letter, on_error: skip, max: 20}
    nodes:
      crm: {use: tool, tool: crm_documents, in: {id: $letter.person_id}}
      draft: {use: tool, tool: write, in: {text: $letter.text, instruction: $run.instruction}}
      review:
        use: review
        show: [$letter, $draft]
        versions: [$crm.versions]
        decide: {approve: {}, edit: {text: str}, reject: {}}
      visited: {use: effect, tool: visit, when: review.action != 'reject', in: {who: $letter.person_id}}
      send:
        use: effect
        tool: send_letter
        after: [visited]
        when: review.action != 'reject'
        in: {to: $letter.to, text: $review.text ?? $draft.text}
    out: {to: $letter.to, action: $review.action, sent: $send?}
  count: {use: tool, tool: count_letters, in: {letters: $letters}}
"""
TOOLS = '''\
from pydantic import JsonValue

from compound.tool import tool


@tool
def write(text: str, instruction: str | None) -> dict[str, str]:
    """Write a letter; counts its calls."""
    with open("drafts.txt", "a", encoding="utf-8") as file:
        file.write(text + "\\n")
    if text == "bad":
        raise ValueError("no words")
    return {"text": f"Dear, {text}." + (f" ({instruction})" if instruction else "")}


@tool
def count_letters(letters: list[JsonValue]) -> dict[str, int]:
    """Count."""
    return {"n": len(letters)}
'''


def letter(to: str, text: str, who: str = "ann") -> dict[str, str]:
    return {"to": to, "person_id": who, "text": text}


def office(root: Path) -> Place:
    """The company with its tables, and no letters yet."""
    made = company(root, {"graphs/main.yaml": GRAPH, "tools/writing.py": TOOLS})
    assert made.say("seed").code == 0
    return made


def start(place: Place, *given: dict[str, str]) -> str:
    view = place.run({"letters": list(given)})
    assert view.status == "waiting_review", view
    return view.run_id


def waiting(place: Place) -> dict[str, str]:
    """Node -> item of what waits for a person."""
    return {one["node"]: one["review_id"] for one in place.say("review", "list", "--json").json}


def drafts(place: Place) -> int:
    return len((place.root / "drafts.txt").read_text(encoding="utf-8").splitlines())


def sent(place: Place) -> list[tuple[str | None, str]]:
    return [(to, text) for _, to, text in letters(place, "post")]


def output(place: Place, run_id: str) -> dict[str, Any]:
    with opened(place) as project:
        record = project.run_record(run_id)
        assert record is not None
        assert record.output is not None
        return dict(record.output)
