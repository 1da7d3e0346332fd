"""What pyright says of the decorators. pyright runs it; nothing executes it."""

# pyright: reportUnnecessaryTypeIgnoreComment=true
from collections.abc import Iterator, Mapping
from typing import assert_type

from pydantic import BaseModel, JsonValue

from compound import Abstain, Case, CaseResult, Score, SuiteContext, Verdict, check, effect, solver, tool
from compound.effect import Effect
from compound.effect import effect as declared_effect
from compound.evaluation import Scorer


@tool
def count(text: str, least: int = 0) -> int:
    """Words."""
    return max(least, len(text.split()))


@tool(blocking=True)
def slow(text: str) -> list[str]:
    """Words, slowly."""
    return text.split()


@check("polite")
def polite(text: str) -> Verdict:
    """Whether it is polite."""
    return Verdict(ok="please" in text)


class Reply(BaseModel):
    """What is sent."""

    text: str


@effect("reply", target="desk")
def reply(tx: object, args: Reply) -> JsonValue:
    """Send it."""
    del tx
    return args.text


@solver("writer")
def write(inputs: Mapping[str, JsonValue]) -> JsonValue | Abstain:
    """Answer, or say why not."""
    return inputs.get("text") or Abstain("there is no text")


def shortness(context: SuiteContext) -> Scorer:
    """A scorer of a suite."""
    del context

    def score(case: Case, result: CaseResult) -> Iterator[Score]:
        assert_type(case.expected, Mapping[str, JsonValue])
        assert_type(result.output, Mapping[str, JsonValue] | None)
        yield Score(name="short", value=1.0)

    return score


# A decorated function is called as before, with its own types.
assert_type(count("a b"), int)
assert_type(slow("a b"), list[str])
assert_type(polite("please"), Verdict)
assert_type(count.name, str)
assert_type(reply, Effect)
assert_type(write({"text": "a"}), JsonValue | Abstain)

assert_type(count.params_schema, Mapping[str, JsonValue])
assert_type(reply.args_model, type[BaseModel])
assert_type(declared_effect("note", target="notes")(reply.function), Effect)

count(1)  # pyright: ignore[reportArgumentType]
count("a", most=1)  # pyright: ignore[reportCallIssue]
Score(value=1.0)  # pyright: ignore[reportCallIssue]
Case(id="a", input={})  # pyright: ignore[reportCallIssue]
effect("reply")  # pyright: ignore[reportCallIssue]


@check("wrong")  # pyright: ignore[reportArgumentType]
def wrong(text: str) -> bool:
    """A check must return a Verdict."""
    return bool(text)
