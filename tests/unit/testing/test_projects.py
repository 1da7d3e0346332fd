"""`testing.project`: a whole project in a test, in one line a step."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from compound import testing
from compound.errors import ModelError
from compound.model import ModelRequest, ScriptedProvider

MAIN = """\
compound: graph/v1
name: main
input: {text: str}
nodes:
  words: {use: tool, tool: count, in: {text: $input.text}}
  write: {use: llm, model: writer, prompt: prompts/write.md, in: {text: $input.text}}
  ok:
    use: review
    show: [$write]
    expire: 2d
    on_expire: {escalate: seniors}
  send: {use: effect, tool: note, when: "ok.action == 'approve' and write != null", in: {text: $write}}
output: {said: $write, words: $words, sent: $send?}
"""
SUITE = """\
compound: suite/v1
name: exact
until: review
cases: cases:cases
scorers: [cases:length]
scores: {length: how long it is}
"""
CASES = """\
from compound import Case, CaseResult, CaseSet, Score, SuiteContext


def cases(context: SuiteContext) -> CaseSet:
    return CaseSet(cases=[Case(id="one", input={"text": "a b"}, expected={})])


def length(context: SuiteContext):
    def score(case: Case, result: CaseResult):
        yield Score(name="length", value=float(len(str(result.values["write"])) > 3))

    return score
"""
TOOLS = '''\
"""Everything that a project declares, from one import."""

from pydantic import BaseModel

from compound import effect, solver, tool


@tool
def count(text: str) -> int:
    """Words."""
    return len(text.split())


class Note(BaseModel):
    """What is noted."""

    text: str


@effect("note", target="notes")
def note(tx, args: Note):
    """Write it down."""
    tx.append(args.text)
    return {"noted": args.text}


@solver("calm")
def calm(inputs):
    return f"Dear customer: {inputs['text']}"
'''
NOTES = """\
from compound.effect import EffectOutcome


class Notes:
    delivery_class = "D"

    def __init__(self, setup):
        self.setup = setup

    async def perform(self, group):
        self.setup.folder.mkdir(parents=True, exist_ok=True)
        lines = []
        done = [self.setup.effects(one.name).perform(lines, one.arguments) for one in group.effects]
        with (self.setup.folder / "notes.txt").open("a") as file:
            file.writelines(f"{line}\\n" for line in lines)
        pairs = zip(group.effects, done)
        return [EffectOutcome(key=one.key, status="sent", result=result) for one, result in pairs]


def target(setup):
    return Notes(setup)
"""
FILES = {
    "graphs/main.yaml": MAIN,
    "graphs/prompts/write.md": "Answer {{ text }}",
    "tools/all.py": TOOLS,
    "connectors/notes.py": NOTES,
    "connectors/models.yaml": "compound: models/v1\nmodels: {writer: {solver: calm}}\n",
    "evals/exact/suite.yaml": SUITE,
    "evals/exact/cases.py": CASES,
}


def test_a_run_a_decision_and_its_effect() -> None:
    with testing.project(FILES, models={"writer": ["Hello Ann"]}) as desk:
        assert desk.check() == []
        run = desk.run(text="two words")
        assert (run.status, desk.waiting()) == ("waiting_review", list(run.review_ids))
        desk.approve()
        assert [(one.effect, one.status) for one in desk.effects(run.run_id)] == [("note", "sent")]
        assert (desk.root / ".compound/test/plugins/notes/notes.txt").read_text() == "Hello Ann\n"
        asked = desk.asked("writer")
        assert (len(asked), asked[0].messages[0].content) == (1, "Answer two words")
    assert not desk.root.exists()


def test_a_model_without_a_script_answers_as_the_project_says() -> None:
    with testing.project(FILES) as desk:
        run = desk.run({"text": "hi"})
        assert run.values["write"] == "Dear customer: hi"
        with pytest.raises(AssertionError, match="model 'writer' is not scripted"):
            desk.asked("writer")


def test_answers_may_be_records_functions_errors_and_providers() -> None:
    graph = MAIN.replace("in: {text: $input.text}}\n  ok", "in: {text: $input.text}, out: {kind: str}}\n  ok").replace(
        "in: {text: $write}}", "in: {text: $write.kind}}"
    )
    files = {**FILES, "graphs/main.yaml": graph}
    with testing.project(files, models={"writer": [{"kind": "refund"}]}) as desk:
        assert desk.run(text="hi").values["write"] == {"kind": "refund"}

    def upper(request: ModelRequest) -> str:
        return str(request.inputs["text"]).upper()

    with testing.project(FILES, models={"writer": upper}) as desk:
        assert desk.run(text="hi").values["write"] == "HI"
    with testing.project(FILES, models={"writer": ScriptedProvider(["own"])}) as desk:
        assert desk.run(text="hi").values["write"] == "own"
    with testing.project(FILES, models={"writer": [ModelError("model.refused", "not this")]}) as desk:
        failed = desk.run(text="hi")
        assert failed.error is not None
        assert failed.error["code"] == "model.refused"


def test_time_passes_when_the_test_says_so() -> None:
    with testing.project(FILES) as desk:
        desk.run(text="hi")
        assert [one.queue for one in desk.project.reviews().list()] == ["default"]
        desk.clock.advance(days=1)
        assert [one.queue for one in desk.project.reviews().list()] == ["default"]
        desk.clock.advance(days=1, hours=1)
        assert [one.queue for one in desk.project.reviews().list()] == ["seniors"]


def test_a_suite_runs_on_the_scripts() -> None:
    with testing.project(FILES, models={"writer": ["Hello Ann", "Hi"]}) as desk:
        assert desk.evaluate("exact").scores["length"].value == 1.0
        assert desk.evaluate("exact").scores["length"].value == 0.0


def test_a_folder_is_copied_and_left_alone(tmp_path: Path) -> None:
    for name, text in {"pyproject.toml": "[tool.compound]\nname = 'a'\n[tool.compound.profiles.p]\n", **FILES}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    with testing.project(tmp_path, models={"writer": ["Hello"]}) as desk:
        assert desk.run(text="hi", graph="main").values["write"] == "Hello"
        assert desk.root != tmp_path
    assert sorted(str(path) for path in tmp_path.rglob("*") if "__pycache__" not in str(path)) == before


def test_the_environment_does_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "COMPOUND_PROFILE", "nowhere")
    monkeypatch.setitem(os.environ, "COMPOUND_MODEL", "anthropic")
    with testing.project(FILES) as desk:
        assert desk.run(text="hi").values["write"] == "Dear customer: hi"


def test_a_recording_answers_without_its_provider(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    once = testing.RecordedProvider(file, ScriptedProvider(["Hello Ann"]))
    with testing.project(FILES, models={"writer": once}) as desk:
        desk.run(text="hi")
    with testing.project(FILES, models={"writer": testing.RecordedProvider(file)}) as desk:
        assert desk.run(text="hi").values["write"] == "Hello Ann"
        other = desk.run(text="another question")
        assert other.error is not None
        assert other.error["code"] == "model.not-recorded"


def test_which_item_is_meant_must_be_clear() -> None:
    with testing.project(FILES) as desk:
        with pytest.raises(AssertionError, match="0 reviews wait"):
            desk.approve()
        first, _ = desk.run(text="one"), desk.run(text="two")
        with pytest.raises(AssertionError, match="2 reviews wait"):
            desk.approve()
        desk.reject(first.review_ids[0])
        desk.approve()
        assert [one.status for one in desk.effects()] == ["sent"]
