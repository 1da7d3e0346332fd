"""The project that `compound init` makes: few files, and every command works at once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from compound.project.work.scaffold import init_project
from tests.project.keys.table import Place
from tests.support.forked import PYTHON, run_forked

NAMES = ("small", "retail-desk", "analyst")
ANSWER = "From June to August you may water your plot on Monday, Wednesday and Friday."


@pytest.fixture
def small(tmp_path: Path) -> Place:
    folder = tmp_path / "garden"
    init_project(folder)
    return Place(folder)


def files(folder: Path) -> list[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if path.parts[0] != ".compound")


def test_it_has_at_most_ten_files_and_four_lines_of_settings(small: Place) -> None:
    assert len(files(small.root)) <= 10
    assert len((small.root / "pyproject.toml").read_text().splitlines()) == 4
    assert small.findings() == []


def test_its_example_runs_at_once_and_an_approved_answer_is_sent_once(small: Place) -> None:
    said = small.say("run")
    assert said.code == 0, said.err
    assert said.out.count("waiting_review") == 1
    assert ANSWER in said.out.replace("\n  ", " ")
    assert "- Water [water#0]: From June to August" in said.out  # a line a passage, not its whole record
    assert "source_version" not in said.out
    item = small.say("review", "list", "--json").json[0]["short_id"]
    assert small.replies() == []
    assert small.say("review", "approve", item).code == 0
    assert "review.decided" in small.say("review", "approve", item).err
    assert small.replies() == [ANSWER]


def test_a_draft_shows_what_its_nodes_made(small: Place) -> None:
    said = small.say("run", "id=Q-2", "question=Where are the hoses?", "--draft")
    assert "Hoses and watering cans are in the green shed." in said.out
    assert small.say("review", "list", "--json").json == []


def test_its_effect_refuses_an_answer_that_is_too_long(small: Place) -> None:
    assert small.say("run").code == 0
    item = small.say("review", "list", "--json").json[0]["short_id"]
    small.write({"long.txt": "long " * 100})
    said = small.say("review", "edit", item, "--text-file", str(small.root / "long.txt"))
    assert "the answer has 500 characters; 400 are allowed" in said.err
    assert small.replies() == []


def test_its_suite_and_its_own_test_pass(small: Place) -> None:
    report = small.say("eval", "answers", "--json", "-").json
    scores = {name: (one["value"], one["n"]) for name, one in report["scores"].items()}
    assert scores == {"right_source": (1.0, 6), "says_fact": (1.0, 5)}
    done = run_forked([PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=small.root)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_git_sees_no_state_of_runs(small: Place) -> None:
    assert small.say("run").code == 0
    subprocess.run(["git", "init", "-q"], cwd=small.root, check=True)
    command = ["git", "status", "--porcelain", "-uall"]
    done = subprocess.run(command, cwd=small.root, capture_output=True, text=True, check=True)
    assert [line for line in done.stdout.splitlines() if ".compound" in line] == []


def test_init_says_what_to_type_next(tmp_path: Path) -> None:
    for name, last in zip(NAMES, ("compound review list", "compound batch", "compound run"), strict=True):
        said = Place(tmp_path).say("init", str(tmp_path / name), "--template", name)
        lines = said.out.splitlines()
        assert len(lines) == 5, said.out
        assert lines[2].strip() == f"cd {tmp_path / name}"
        assert lines[4].strip().startswith(last)


def test_an_unknown_template_is_told_with_the_choices_and_nothing_is_written(tmp_path: Path) -> None:
    said = Place(tmp_path).say("init", str(tmp_path / "mine"), "--template", "retail_desk")
    assert (said.code, "project.unknown-template" in said.err) == (2, True)
    assert "did you mean 'retail-desk'? choices: analyst, retail-desk, small" in said.err
    assert not (tmp_path / "mine").exists()


def test_the_whole_desk_and_the_analyst_check_clean(tmp_path: Path) -> None:
    graphs = {"retail-desk": 7, "analyst": 1}
    for name, count in graphs.items():
        init_project(tmp_path / name, template=name)
        place = Place(tmp_path / name)
        assert len(list((place.root / "graphs").glob("*.yaml"))) == count
        assert place.findings() == []
    names = files(tmp_path / "analyst")
    assert len(names) < len(files(tmp_path / "retail-desk")) / 2
    assert not [one for one in names if "planner" in one or "lexicon" in one or "letters" in one]


ASK = """\
compound: graph/v1
name: ask
input: {id: str, question: str, urgent: bool, copies: "list[str]", note: str?}
output: {id: $input.id}
nodes:
  review: {use: review, show: [$input.question], decide: {approve: {}}}
"""


def test_a_run_without_input_says_exactly_what_to_type(small: Place) -> None:
    small.write({"graphs/ask.yaml": ASK}).edit("pyproject.toml", 'graph = "answer"', 'graph = "ask"')
    marker = small.root / "pyproject.toml"
    lines = [line for line in marker.read_text().splitlines(keepends=True) if not line.startswith("example")]
    marker.write_text("".join(lines))
    said = small.say("run")
    assert (said.code, "project.no-input" in said.err) == (1, True)
    typed = "compound run ask id='...' question='...' urgent=true copies='[\"...\"]'"
    assert typed in said.err
    assert "example" in said.err  # or what to write into pyproject.toml


def test_an_example_that_does_not_fit_its_graph_is_found(small: Place) -> None:
    small.edit("pyproject.toml", "question = ", "queston = ")
    (one,) = [one for one in small.findings() if one.code == "project.bad-example"]
    assert str(one.where).startswith("pyproject.toml:4")
    assert "'queston'" in one.message
    assert "question" in one.fix


def test_no_file_of_models_makes_every_solver_a_model_of_its_name(small: Place) -> None:
    assert not (small.root / "connectors").exists()
    small.edit("graphs/answer.yaml", "model: writer", "model: wrter")
    (one,) = small.findings()
    assert (one.code, str(one.where)) == ("graph.unknown-model", "graphs/answer.yaml:14:12")
    assert "did you mean 'writer'" in one.fix
    small.edit("graphs/answer.yaml", "model: wrter", "model: writer")
    said = small.say("run", "--model", "anthropic")
    assert (said.code, "connectors/models.yaml" in said.err) == (2, True)


def test_a_project_without_profiles_has_one_called_default(small: Place) -> None:
    assert small.say("run").code == 0
    assert sorted(path.name for path in (small.root / ".compound").iterdir() if path.is_dir()) == ["default", "schema"]
    said = small.say("run", "--profile", "other")
    assert (said.code, "project.unknown-profile" in said.err) == (2, True)
    assert "default" in said.err


def test_json_says_the_files_and_the_next_commands(tmp_path: Path) -> None:
    said = Place(tmp_path).say("init", str(tmp_path / "mine"), "--json")
    made = json.loads(said.out)
    assert made["files"] == len(files(tmp_path / "mine"))
    assert made["template"] == "small"
    assert made["next"] == [f"cd {tmp_path / 'mine'}", "compound run", "compound review list"]


def test_a_project_whose_own_graph_is_gone_says_where_it_is_named(small: Place) -> None:
    (small.root / "graphs/answer.yaml").rename(small.root / "graphs/mine.yaml")
    said = small.say("run")
    assert said.code != 0
    assert "pyproject.toml: `graph` names 'answer', and graphs/ has no such graph" in said.err
    assert "choices: mine" in said.err
