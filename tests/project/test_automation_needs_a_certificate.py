"""Nothing is automatic without a certificate: from the project's files to what goes out, by commands only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from compound import Project
from compound.project.source.parts import ProjectParts
from compound.spec import GraphSpec
from tests.support.commands import command
from tests.support.desks.claims_desk import POLICY, SCORED, claim, claims_desk, good, label, sent
from tests.support.forked import PYTHON, run_forked

CERTIFY = ("certify", "main", "--suite", "letters", "--user", "eva")


def cli(root: Path, *arguments: str) -> tuple[int, str]:
    result = command(list(arguments), env={"COMPOUND_ROOT": str(root), "COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def run(root: Path, number: int, **more: Any) -> dict[str, Any]:
    """Run a claim; its run, and the item that waits."""
    given = json.dumps({"claim": claim(number, **more)})
    code, out = cli(root, "run", "main", "--input", given, "--json")
    assert code == 0, out
    view = json.loads(out)
    if not view["review_ids"]:
        return {"status": view["status"], "output": view["output"]}
    code, out = cli(root, "review", "show", view["review_ids"][0], "--json")
    return {"status": view["status"], **json.loads(out)}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return claims_desk(tmp_path)


def test_the_whole_way_from_waiting_to_automatic_and_back(desk: Path) -> None:
    # 1. Without a certificate the item waits, marked ready; one whose rule does not hold needs a look.
    waits = run(desk, 1)
    assert (waits["status"], waits["ready"], waits["reasons"]) == ("pending", True, ["not certified"])
    odd = run(desk, 2, words="an odd cup")
    assert (odd["status"], odd["ready"], odd["audit"]) == ("pending", False, False)
    assert "not certified" not in odd["reasons"]
    code, out = cli(desk, "review", "list")
    assert "needs a look" in out
    assert out.count("ready") == 1
    rows = json.loads(cli(desk, "review", "list", "--ready", "--json")[1])
    assert [row["review_id"] for row in rows] == [waits["review_id"]]
    rows = json.loads(cli(desk, "review", "list", "--needs-a-look", "--json")[1])
    assert [row["review_id"] for row in rows] == [odd["review_id"]]
    assert "  ready" in cli(desk, "review", "show", waits["review_id"])[1].splitlines()[0]
    assert sent(desk) == []

    # 2. Too few labels: refused, with the number that is missing.
    label(desk, good(12))
    code, out = cli(desk, *CERTIFY)
    assert code == 3
    assert "needs 22 labelled ready cases with 0 wrong for 10 % at 90 %, has 12" in out
    assert run(desk, 3)["reasons"] == ["not certified"]
    assert "no certificates" in cli(desk, "certify", "--list")[1]

    # 3. Enough labels: certified, and the rule fires for the next claim; what waits goes on waiting for a person.
    label(desk, good(22))
    code, out = cli(desk, *CERTIFY, "--json")
    made = json.loads(out)
    assert (code, made["certified"], made["n"], made["k"], made["missing"]) == (0, True, 22, 0, 0)
    assert made["bound"] == pytest.approx(1 - 0.1 ** (1 / 22))
    done = run(desk, 4)
    assert (done["status"], done["output"]["decision"]) == ("done", "approve")
    assert len(sent(desk)) == 1
    assert run(desk, 5, words="odd again")["ready"] is False  # the rule still asks
    assert len(json.loads(cli(desk, "review", "list", "--ready", "--json")[1])) == 2

    # 4. A person may decide what waits.
    code, out = cli(desk, "review", "approve", waits["review_id"], "--user", "eva", "--json")
    assert (code, json.loads(out)["run_status"]) == (0, "done")

    # 5. A change of what is covered voids it, and the run says why.
    (desk / "tools/clerk.py").write_text((desk / "tools/clerk.py").read_text().replace("we have", "we do have"))
    again = fresh(desk, 6)
    assert again["reasons"] == ["certificate void: the clerk's code changed (tools/clerk.py)", "not certified"]
    assert again["ready"] is True
    assert "void: the clerk's code changed (tools/clerk.py)" in fresh_cli(desk, "certify", "--list")
    said = fresh_cli(desk, "run", "main", "--input", json.dumps({"claim": claim(7)}))
    assert "its draft is ready: certificate void: the clerk's code changed (tools/clerk.py); not certified" in said


def fresh_cli(root: Path, *arguments: str) -> str:
    """A command in a process of its own: code is read once in each."""
    env = {**os.environ, "COMPOUND_ROOT": str(root), "COLUMNS": "200"}
    return run_forked([PYTHON, "-m", "compound", *arguments], cwd=Path.cwd(), env=env, check=True).stdout


def fresh(root: Path, number: int) -> dict[str, Any]:
    """`run`, in a process of its own."""
    view = json.loads(fresh_cli(root, "run", "main", "--input", json.dumps({"claim": claim(number)}), "--json"))
    return (
        json.loads(fresh_cli(root, "review", "show", view["review_ids"][0], "--json")) if view["review_ids"] else view
    )


CHANGES = {
    # File to what is written instead of what, and how the run says it.
    "graphs/main.yaml": ("when: sound.ok,", "when: sound.ok and letter != null,", "the graph main changed"),
    "graphs/prompts/clerk.md": ("Answer", "Reply", "the prompt prompts/clerk.md changed"),
    "graphs/policies/claims.yaml": ("10%", "11%", "the policy claims changed"),
    "tools/claims.py": (
        "is odd",
        "is strange",
        "the code of the tool is_sound and of 1 more changed (tools/claims.py)",
    ),
    "tools/phrases.py": ("Hello", "Good day", "changed (tools/phrases.py)"),  # which both import
}


@pytest.mark.parametrize("file", CHANGES)
def test_a_change_of_graph_prompt_policy_or_code_voids_it(desk: Path, file: str) -> None:
    label(desk, good(30))
    assert cli(desk, *CERTIFY)[0] == 0
    old, new, said = CHANGES[file]
    path = desk / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    waits = fresh(desk, 7)
    assert waits["reasons"][0].startswith("certificate void: ")
    assert said in waits["reasons"][0]
    assert sent(desk) == []


def test_what_no_draft_hangs_on_may_change(desk: Path) -> None:
    label(desk, good(30))
    assert cli(desk, *CERTIFY)[0] == 0
    (desk / "tools/unused.py").write_text("NOTHING = 1\n")
    (desk / "graphs/policies/claims.yaml").write_text(
        POLICY + "description: in other words\nretention: {content: 90d}\n"
    )
    (desk / "graphs/prompts/other.md").write_text("Nothing.\n")
    assert fresh(desk, 8)["status"] == "done"


def test_one_process_reads_graph_and_policy_when_they_change_and_not_for_every_draft(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label(desk, good(30))
    assert cli(desk, *CERTIFY)[0] == 0
    read: list[str] = []
    as_written = ProjectParts.graph_as_written

    def counted(parts: ProjectParts, name: str) -> GraphSpec:
        read.append(name)
        return as_written(parts, name)

    monkeypatch.setattr(ProjectParts, "graph_as_written", counted)
    project = Project.open(desk)
    try:
        assert project.run("main", {"claim": claim(1)}).status == "done"
        first = len(read)
        for number in range(2, 7):
            assert project.run("main", {"claim": claim(number)}).status == "done"
        assert len(read) - first <= 5, "once a run, and not once more for its draft"
        policy = desk / "graphs/policies/claims.yaml"
        policy.write_text(POLICY.replace("audit_share: 0%", "audit_share: 100%"))
        assert project.run("main", {"claim": claim(8)}).status == "waiting_review"
    finally:
        project.close()
    assert len(sent(desk)) == 6


def test_another_solver_is_another_model(desk: Path) -> None:
    label(desk, good(30))
    assert cli(desk, *CERTIFY)[0] == 0
    models = desk / "connectors/models.yaml"
    models.write_text(models.read_text().replace("solver: clerk}", "solver: clerk2}"))
    clerk = desk / "tools/clerk.py"
    clerk.write_text(clerk.read_text() + '\n\nsolver("clerk2")(clerk)\n')
    assert "the model clerk changed" in fresh(desk, 9)["reasons"][0]


def test_a_random_share_goes_to_people_and_its_decisions_are_labels(desk: Path) -> None:
    (desk / "graphs/policies/claims.yaml").write_text(POLICY.replace("audit_share: 0%", "audit_share: 50%"))
    label(desk, good(30))
    assert cli(desk, *CERTIFY)[0] == 0
    ran = [run(desk, number) for number in range(16)]
    audited = [one for one in ran if one["status"] == "pending"]
    assert 1 <= len(audited) <= 15  # half of them; outside of this once in 30,000 times
    assert all(one["reasons"] == ["audit"] and one["audit"] and one["ready"] for one in audited)
    assert len(sent(desk)) == 16 - len(audited)
    for index, item in enumerate(audited):
        action = ("reject", "--reason", "other") if index == 0 else ("approve",)
        assert cli(desk, "review", action[0], item["review_id"], *action[1:], "--user", "eva")[0] == 0
    code, out = cli(desk, "certify", "main", "--from-decisions", "--user", "eva", "--json")
    made = json.loads(out)
    assert (made["n"], made["k"], made["source"]) == (len(audited), 1, "decisions")
    assert code == (0 if made["certified"] else 3)


def test_audited_decisions_alone_can_certify(desk: Path) -> None:
    policy = POLICY.replace("audit_share: 0%", "audit_share: 100%").replace("10%", "50%")
    (desk / "graphs/policies/claims.yaml").write_text(policy)
    items = [run(desk, number) for number in range(4)]
    assert all(one["reasons"] == ["not certified", "audit"] for one in items)
    for item in items[:-1]:
        assert cli(desk, "review", "approve", item["review_id"], "--user", "eva")[0] == 0
    code, out = cli(desk, "certify", "--from-decisions", "--user", "eva")
    assert code == 3
    assert "needs 4 labelled ready cases with 0 wrong for 50 % at 90 %, has 3" in out
    assert cli(desk, "review", "approve", items[-1]["review_id"], "--user", "eva")[0] == 0
    assert cli(desk, "certify", "--from-decisions", "--user", "eva")[0] == 0


def test_claims_of_one_holder_are_one_label(desk: Path) -> None:
    label(desk, good(60, holder="ann"))
    code, out = cli(desk, *CERTIFY)
    assert code == 3
    assert "has 1" in out
    assert "60 labelled ready cases of 1 keys, 0 wrong: cases of one key count as one" in out


def test_a_rule_that_is_too_often_wrong_is_refused_for_good(desk: Path) -> None:
    label(desk, [{**one, "wrong": index < 15} for index, one in enumerate(good(40))])
    code, out = cli(desk, *CERTIFY)
    assert code == 1
    assert "15 of 40 were wrong, significantly more than 10 % at 90 %" in out
    assert run(desk, 1)["reasons"] == ["not certified"]


def test_cases_where_the_rule_does_not_hold_are_no_labels(desk: Path) -> None:
    odd = [{"claim": claim(100 + index, words="odd"), "wrong": True} for index in range(50)]
    label(desk, [*good(22), *odd])
    assert cli(desk, *CERTIFY)[0] == 0


def test_an_absent_label_is_absent_and_never_right(desk: Path) -> None:
    label(desk, [*good(30), {"claim": claim(99), "wrong": None}])
    code, out = cli(desk, *CERTIFY)
    assert code == 3
    assert "1 of 31 ready cases have no label from suite letters" in out
    assert run(desk, 1)["status"] == "pending"


def test_thresholds_of_a_score_are_tried_in_the_declared_order(desk: Path) -> None:
    (desk / "graphs/main.yaml").write_text(SCORED)
    (desk / "graphs/policies/claims.yaml").write_text(
        POLICY.replace("audit_share: 0%", "audit_share: 0%, thresholds: [0.9, 0.5, 0.1]")
    )
    unsure = [{"claim": claim(100 + index, trust=0.2), "wrong": index % 2 == 0} for index in range(60)]
    label(desk, [*good(60, trust=0.95), *unsure])
    code, out = cli(desk, *CERTIFY, "--json")
    made = json.loads(out)
    assert (code, made["threshold"]) == (0, 0.5)
    assert [(step["threshold"], step["passed"]) for step in made["steps"]] == [(0.9, True), (0.5, True), (0.1, False)]
    assert run(desk, 1, trust=0.6)["status"] == "done"
    below = run(desk, 2, trust=0.4)
    assert below["reasons"] == ["not certified for its score: 0.4, certified from 0.5"]
    assert below["ready"] is True


def test_a_certificate_is_listed_shown_and_revoked(desk: Path) -> None:
    label(desk, good(30))
    made = json.loads(cli(desk, *CERTIFY, "--json")[1])["certificate_id"]
    assert "valid" in cli(desk, "certify", "--list")[1]
    shown = json.loads(cli(desk, "certify", "--show", made[:6], "--json")[1])
    assert (shown["created_by"], shown["n"], shown["k"], shown["status"]) == ("eva", 30, 0, "valid")
    assert {"the graph main", "the policy claims", "the prompt prompts/clerk.md", "tools/phrases.py"} <= set(
        shown["covers"]
    )
    assert "the prompt prompts/clerk.md" in cli(desk, "certify", "--show", made)[1]
    assert run(desk, 1)["status"] == "done"
    code, out = cli(desk, "certify", "--revoke", made, "--reason", "a complaint", "--user", "max")
    assert (code, "revoked by max: a complaint" in out) == (0, True)
    assert run(desk, 2)["reasons"] == ["certificate revoked: a complaint", "not certified"]


def test_a_dry_run_stores_nothing(desk: Path) -> None:
    label(desk, good(30))
    code, out = cli(desk, *CERTIFY, "--dry-run")
    assert (code, "would be certified" in out) == (0, True)
    assert run(desk, 1)["reasons"] == ["not certified"]


def test_a_policy_that_asks_for_nothing_is_found_and_certifies_nothing(desk: Path) -> None:
    (desk / "graphs/policies/claims.yaml").write_text(POLICY.rpartition("automatic: {error")[0])
    assert "[policy.never-automatic]" in cli(desk, "check", "main")[1]
    label(desk, good(30))
    with pytest.raises(Exception, match="which has no `automatic`"):
        cli(desk, *CERTIFY)
    assert run(desk, 1)["reasons"] == ["not certified"]


def test_a_batch_says_what_is_ready_what_needs_a_look_and_what_was_automatic(desk: Path) -> None:
    # A backlog of claims: the graph's input is named as batches name it.
    graph = (desk / "graphs/main.yaml").read_text()
    graph = graph.replace(
        "claim: {number: str, words: str, holder: str, trust: float}", "ticket: {id: str, subject: str, body: str}"
    )
    graph = graph.replace("\noutput:", "\nitem: {input: ticket, id: ticket.id}\noutput:")
    graph = graph.replace("$input.claim.words", "$input.ticket.body").replace("$input.claim.number", "$input.ticket.id")
    (desk / "graphs/main.yaml").write_text(graph.replace(", key: $input.claim.holder", ""))
    (desk / "evals/letters/cases.py").write_text(
        (desk / "evals/letters/cases.py")
        .read_text()
        .replace(
            '{"claim": row["claim"]}', '{"ticket": {"id": row["id"], "subject": "", "body": row["claim"]["words"]}}'
        )
    )

    def batch(name: str, bodies: list[str]) -> tuple[str, dict[str, Any]]:
        rows = [json.dumps({"id": f"{name}-{index}", "subject": "", "body": body}) for index, body in enumerate(bodies)]
        (desk / f"{name}.jsonl").write_text("\n".join(rows) + "\n")
        source = ("--from", str(desk / f"{name}.jsonl"))
        code, out = cli(desk, "batch", "main", *source)
        assert code == 0, out
        return out, json.loads(cli(desk, "batch", "main", *source, "--json")[1])

    said, data = batch("first", ["a cup", "a plate", "an odd jug"])
    assert "drafts: 2 ready, 1 needs a look, 0 automatic" in said
    assert data["readiness"] == {"ready": 2, "needs a look": 1}
    label(desk, good(30))
    assert cli(desk, *CERTIFY)[0] == 0
    said, data = batch("second", ["a cup", "a plate", "an odd jug"])
    assert "drafts: 0 ready, 1 needs a look, 2 automatic" in said
    assert data["counts"] == {"done": 2, "waiting_review": 1}
    assert len(sent(desk)) == 2


def test_a_compiled_langgraph_graph_waits_too(desk: Path) -> None:
    from langgraph.checkpoint.memory import InMemorySaver

    from tests.support.certificates import grant

    project = Project.open(desk)
    try:
        app = project.compile("main", checkpointer=InMemorySaver())

        def go(number: int) -> Any:
            import anyio

            config: Any = {"configurable": {"thread_id": f"t-{number}"}}
            return anyio.run(lambda: app.ainvoke({"claim": claim(number)}, config))

        assert "__interrupt__" in go(1)
        (row,) = project.reviews().list()
        assert (row.ready, row.reasons) == (True, ("not certified",))
        grant(project, "main", "look")
        assert "__interrupt__" not in go(2)
        assert len(sent(desk)) == 1
    finally:
        project.close()
