"""Types of values that the engine makes: verdicts, passages, decisions, results of agents and effects."""

from __future__ import annotations

from typing import Final

from compound.language.types import (
    ANY,
    STR,
    Enum,
    Many,
    Names,
    Nullable,
    Record,
    Scalar,
    Type,
    bare,
    is_optional,
    parse_type,
)
from compound.spec.nodes import AgentNode, ReviewNode

VERDICT: Final = Record(
    {"ok": Scalar("bool"), "score": Nullable(Scalar("float")), "problems": Many(STR), "details": ANY}
)
_WHOLE: Final = Scalar("int")
PASSAGE: Final = Record(
    {
        **dict.fromkeys(("id", "doc_id", "text", "title", "heading", "source", "source_version", "indexed_at"), STR),
        **dict.fromkeys(("start", "end", "rank"), _WHOLE),
        "score": Scalar("float"),
        "scores": ANY,
        "meta": ANY,
    }
)
"""`compound.retrieval.Passage` as JSON; metadata of the document is in `meta`."""
EFFECT_RESULT: Final = Record({"name": STR, "status": Enum(("sent", "scheduled")), "value": ANY, "key": STR})
FAILED: Final = Many(Record({"index": Scalar("int"), "item": ANY, "code": STR, "what": STR}))
RUN: Final = Record({"id": STR, "thread_id": STR, "example_id": Nullable(STR), "instruction": Nullable(STR)})
NULL: Final = Nullable(ANY)


def of_constant(value: object) -> Type:
    """Type of a literal; a text is an enum of itself."""
    match value:
        case None:
            return NULL
        case bool():
            return Scalar("bool")
        case int():
            return Scalar("int")
        case float():
            return Scalar("float")
        case str():
            return Enum((value,))
        case _:
            return ANY


def of_agent(node: AgentNode) -> Type:
    """The value of an agent: its answer, its proposals, how it ended."""
    answer = STR if node.out is None else parse_type(node.out)
    name = Enum(tuple(dict.fromkeys(node.proposes))) if node.proposes else STR
    return Record(
        {
            "answer": answer if isinstance(answer, Nullable) else Nullable(answer),
            "proposals": Many(Record({"name": name, "arguments": ANY})),
            "turns": Scalar("int"),
            "stopped": Enum(("answer", "max_turns", "budget", "abstained")),
        }
    )


def of_review(node: ReviewNode) -> Type:
    """A decision, with the fields of every action: null if this decision does not have them."""
    fields: dict[str, Type] = {}
    for carried in node.decide.values():
        fields.update({name: Nullable(parse_type(kind)) for name, kind in carried.items()})
    fields["action"] = Enum(tuple(node.decide))
    fields |= {
        "decided_by": STR,
        "first_by": Nullable(STR),
        "queue": STR,
        "decision_id": STR,
        "review_id": STR,
        "is_automatic": Scalar("bool"),
        "versions": ANY,
    }
    return Record(fields)


def or_null(kind: Type) -> Type:
    """The type, or null."""
    return kind if isinstance(kind, Nullable) or kind == ANY else Nullable(kind)


def union(kinds: list[Type], names: Names) -> Type:
    """The narrowest type that each of these fits; `any` if there is none."""
    if not kinds:
        return ANY
    is_nullable = any(is_optional(kind, names) for kind in kinds)
    known = [kind for kind in kinds if kind != NULL]
    joined = _joined([bare(kind, names) for kind in known], known, names)
    return or_null(joined) if is_nullable else joined


def _joined(  # noqa: PLR0911 - one return per kind of type
    kinds: list[Type], written: list[Type], names: Names
) -> Type:
    if not kinds or ANY in kinds:
        return ANY
    if all(kind == kinds[0] for kind in kinds):
        # As it was written: a name is more specific than its fields.
        return written[0].item if isinstance(written[0], Nullable) else written[0]
    if all(isinstance(kind, Enum) for kind in kinds):
        return Enum(tuple(dict.fromkeys(value for kind in kinds if isinstance(kind, Enum) for value in kind.values)))
    if all(isinstance(kind, Enum) or kind in {STR, Scalar("date"), Scalar("datetime")} for kind in kinds):
        return STR
    if all(kind in {Scalar("int"), Scalar("float")} for kind in kinds):
        return Scalar("float")
    if all(isinstance(kind, Many) for kind in kinds):
        return Many(union([kind.item for kind in kinds if isinstance(kind, Many)], names))
    return ANY
