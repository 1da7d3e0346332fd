"""Examples: what files of `tools/` declare."""


def test_a_tool() -> None:
    """tool.tool, tool.Function"""
    from compound.tool import Function, tool

    @tool
    def count(text: str) -> int:
        """Words of a text."""
        return len(text.split())

    assert count("two words") == 2
    assert isinstance(count, Function)
    assert (count.name, count.description) == ("count", "Words of a text.")


def test_a_check() -> None:
    """tool.check, tool.Verdict"""
    from compound.tool import Verdict, check

    @check("short_enough")
    def short_enough(text: str) -> Verdict:
        """An answer fits on a card."""
        return Verdict(ok=len(text) <= 400, problems=["shorten it"] if len(text) > 400 else [])

    assert short_enough("yes").ok


def test_marks() -> None:
    """tool.CALLER, tool.PROVEN, tool.SQL_TEXT"""
    from typing import Annotated

    from compound.tool import CALLER, PROVEN, SQL_TEXT, tool

    @tool
    def orders(customer: Annotated[str, CALLER], status: str) -> list[str]:
        """Only the customer who asks may be given: `compound check` follows where the value comes from."""
        return [f"{customer}: {status}"]

    @tool
    def customer_of(sender: str) -> Annotated[str, PROVEN]:
        """The result is proven: it may be a caller."""
        return sender.lower()

    @tool
    def explain(statement: Annotated[str, SQL_TEXT]) -> str:
        """The argument is SQL that somebody wrote; it is never text of a customer."""
        return f"explain {statement}"

    assert "customer" in orders.params_schema["properties"]  # type: ignore[operator]
    assert (customer_of("ANN"), explain("select 1")) == ("ann", "explain select 1")


def test_a_file_for_people() -> None:
    """tool.keep, tool.Artifact"""
    from compound.tool import Artifact, keep, tool

    @tool
    def report(lines: list[str]) -> Artifact:
        """A file that the run keeps; its record goes on through the graph."""
        return keep("\n".join(lines).encode(), name="report", media_type="text/plain")

    assert "Artifact" in str(report.output_schema)


def test_the_answer_of_an_sql_question() -> None:
    """tool.AskAnswer, tool.AskProblem"""
    from compound.tool import AskAnswer, AskProblem, tool

    @tool
    def told(answer: AskAnswer) -> str:
        """A tool that is given what an `ask` tool found, or why it found nothing."""
        problem: AskProblem | None = answer.problem
        return f"{len(answer.rows)} rows" if problem is None else problem.message

    assert told.name == "told"


def test_a_langchain_tool() -> None:
    """tool.from_langchain"""
    from langchain_core.tools import tool as langchain_tool

    from compound.tool import from_langchain

    @langchain_tool
    def shout(text: str) -> str:
        """Say it loud."""
        return text.upper()

    assert from_langchain(shout).name == "shout"


def test_an_effect() -> None:
    """effect.effect, effect.Effect, effect.RECIPIENT, connector.mailbox.MailboxTransaction, errors.EffectRefused"""
    from typing import Annotated

    from pydantic import BaseModel, JsonValue

    from compound.connector.mailbox import MailboxTransaction
    from compound.effect import RECIPIENT, Effect, effect
    from compound.errors import EffectRefused

    class Answer(BaseModel):
        """Arguments of the effect."""

        id: Annotated[str, RECIPIENT]
        text: str

    @effect("send_answer", target="mail")
    def send_answer(tx: MailboxTransaction, args: Answer) -> JsonValue:
        """Send an answer, once."""
        if not args.text:
            raise EffectRefused("effect.empty", "the answer is empty")
        return tx.reply(args.id, args.text)

    assert isinstance(send_answer, Effect)
    assert (send_answer.name, send_answer.target) == ("send_answer", "mail")


def test_an_effect_on_records() -> None:
    """connector.records.RecordsTransaction, connector.records.RecordDocuments, errors.choices"""
    from pydantic import BaseModel, JsonValue

    from compound.connector.records import RecordDocuments, RecordsTransaction
    from compound.effect import effect
    from compound.errors import EffectRefused, choices

    class Close(BaseModel):
        """Arguments of the effect."""

        order_id: str

    @effect("close_order", target="shop")
    def close_order(tx: RecordsTransaction, args: Close) -> JsonValue:
        """What is changed in a document is written when the transaction ends."""
        order = tx.get("orders", args.order_id)
        if order is None:
            seen: RecordDocuments = tx.documents(args.order_id)
            raise EffectRefused("effect.not-found", f"no order {args.order_id}; {choices(list(seen['orders']))}")
        order["status"] = "closed"
        return {"closed": args.order_id}

    assert close_order.target == "shop"


def test_a_solver() -> None:
    """model.solver, model.Abstain"""
    from collections.abc import Mapping

    from pydantic import JsonValue

    from compound.model import Abstain, solver

    @solver("writer")
    def writer(inputs: Mapping[str, JsonValue]) -> JsonValue | Abstain:
        """Answers in place of the model `writer` when no key is set."""
        if not inputs["passages"]:
            return Abstain("nothing was found")
        return {"text": "See the passages.", "source": None}

    assert writer({"passages": ["one"]}) == {"text": "See the passages.", "source": None}


def test_training_examples() -> None:
    """specialist.Example, specialist.Certificate, specialist.VersionRow, project.TrainView, project.MetricView"""
    import json
    from pathlib import Path

    from compound import Project
    from compound.project import MetricView, TrainView
    from compound.specialist import Certificate, Example, VersionRow

    def examples(path: Path) -> list[Example]:
        """In tools/training.py; pyproject.toml names it: `specialists = { intent = "tools.training:examples" }`."""
        rows = (json.loads(line) for line in path.read_text().splitlines())
        return [Example(text=row["text"], labels=(row["label"],), group=row["group"]) for row in rows]

    def train(project: Project) -> str:
        trained: TrainView = project.train("intent")
        figures: tuple[MetricView, ...] = trained.figures
        newest: VersionRow = project.specialists("intent")[0]
        certificate: Certificate | None = newest.certificate
        return f"{trained.version}: {len(figures)} figures, {certificate}"

    Path("letters.jsonl").write_text('{"text": "Cancel it", "label": "cancel", "group": "a"}\n')
    assert examples(Path("letters.jsonl"))[0].labels == ("cancel",)
    assert callable(train)
