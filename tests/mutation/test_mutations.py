"""Single mistakes in valid graphs: `check` finds nearly all that would fail or misbehave, and nothing in the graphs themselves.

A sample has a mistake of each kind and one in each graph; `make soak` makes all of them and compares the page's table.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation.operators import OPERATORS
from tests.mutation.table import PAGE, markdown, missed, page_of, row
from tests.mutation.trial import Bench, Trial, run_all

ENOUGH_GRAPHS = 8
ENOUGH_OPERATORS = 20
ENOUGH_MUTANTS = 200
SHARE = 0.95
SHARE_OF_SAMPLE = 0.92
"""One mistake of 80 is more than 1 percent: the sample has room for three."""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, list[Trial]]:
    return run_all(tmp_path_factory.mktemp("sample"), is_sample=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, list[Trial]]:
    return run_all(tmp_path_factory.mktemp("mutations"))


def test_valid_graphs_give_no_finding(result: tuple[Bench, list[Trial]]) -> None:
    bench, _ = result
    assert len({name for _, name, _ in bench.before}) >= ENOUGH_GRAPHS
    for subject in bench.subjects:
        project = subject.open()
        try:
            assert [str(one) for one in project.check([])] == []
        finally:
            project.close()


def test_valid_graphs_run_in_every_world_and_the_worlds_reach_every_node(result: tuple[Bench, list[Trial]]) -> None:
    bench, _ = result
    assert {key: seen for key, seen in bench.before.items() if seen.get("status") != "done"} == {}
    for subject in bench.subjects:
        project = subject.open()
        try:
            for name in project.graph_names():
                runs = [seen for (_, graph, _), seen in bench.before.items() if graph == name]
                ran = {node for seen in runs for node in seen["ran"]}
                assert set(project.resources.parts.graph(name).nodes) <= ran, name
        finally:
            project.close()


def test_every_kind_of_mistake_is_made_and_every_graph_mistaken(result: tuple[Bench, list[Trial]]) -> None:
    bench, trials = result
    assert len(OPERATORS) >= ENOUGH_OPERATORS
    assert {one.mutant.operator.name for one in trials} == {one.name for one in OPERATORS}
    touched = {(one.mutant.subject.name, one.mutant.file.path) for one in trials}
    graphs = {(s.name, path) for s in bench.subjects for path in s.files if path.count("/") == 1 and "graphs/" in path}
    assert graphs <= touched


def test_check_finds_a_sample_of_what_would_fail_or_misbehave(result: tuple[Bench, list[Trial]]) -> None:
    require_found(result[1], at_least=len(OPERATORS) * SHARE, share=SHARE_OF_SAMPLE)


@pytest.mark.soak
def test_check_finds_what_would_fail_or_misbehave(whole: tuple[Bench, list[Trial]]) -> None:
    require_found(whole[1], at_least=ENOUGH_MUTANTS, share=SHARE)


def require_found(trials: list[Trial], *, at_least: float, share: float) -> None:
    """`check` finds the share of these that a release must have, and enough of them matter."""
    total = row("all", trials)
    lost = "\n".join(f"{one.mutant.name}\n  {one.why}\n{one.mutant.diff()}" for one in missed(trials))
    print(f"{markdown(trials)}\n\n{lost}")  # noqa: T201 - pytest shows it where the test fails, and with -s
    assert total.counted >= at_least
    assert total.share is not None
    assert total.share >= share, lost


@pytest.mark.soak
def test_no_operator_is_only_made_of_equal_graphs(whole: tuple[Bench, list[Trial]]) -> None:
    _, trials = whole
    for operator in OPERATORS:
        mine = row(operator.name, [one for one in trials if one.mutant.operator is operator])
        assert mine.counted > 0, operator.name


def test_the_page_names_each_kind_of_mistake() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text.partition("<!-- table -->")[2].partition("<!-- /table -->")[0]
    names = [line.split(" | ")[0].removeprefix("| ") for line in table.strip().splitlines()[2:-1]]
    assert names == [one.name for one in OPERATORS]


@pytest.mark.soak
def test_the_page_shows_this_table(whole: tuple[Bench, list[Trial]]) -> None:
    _, trials = whole
    text = PAGE.read_text(encoding="utf-8")
    assert page_of(text, trials) == text, "make mutations writes it"


def test_a_row_counts_only_what_misbehaves(result: tuple[Bench, list[Trial]]) -> None:
    mutant = result[1][0].mutant
    trials = [
        Trial(mutant=mutant, why="fails", codes=("graph.cycle",)),
        Trial(mutant=mutant, why="fails", codes=()),
        Trial(mutant=mutant, why="", codes=()),
        Trial(mutant=mutant, why="", codes=("graph.unused-node",)),
    ]
    made = row("some", trials)
    assert (made.made, made.equal, made.counted, made.found, made.share) == (4, 2, 2, 1, 0.5)
    assert missed(trials) == [trials[1]]


def test_files_are_as_they_were(result: tuple[Bench, list[Trial]]) -> None:
    for subject in result[0].subjects:
        for path, file in subject.files.items():
            assert (Path(subject.root) / path).read_text(encoding="utf-8") == file.text
