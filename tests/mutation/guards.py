"""Mistakes about who decides: reviews, effects, policies, and where what they are given comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from compound.spec.yaml.reading import read_yaml
from tests.mutation.operators import operator
from tests.mutation.tree import (
    Change,
    File,
    bindings,
    leaves,
    nodes,
    renamed,
    replaced,
    shown,
    typo,
    without,
)

TEXTS = ("$input.letter.body", "$input.letter.subject", "$input.text", "$input.ticket.body", "$input.question")
"""Text that somebody outside wrote, as the graphs' inputs call it."""


@operator("effect without its review")
def effect_alone(file: File) -> Iterator[Change]:
    """The review is skipped where the effect is not: a `when` of its own that may not hold."""
    if not file.is_graph:
        return
    texts = [name for name, kind in file.data.get("input", {}).items() if kind == "str"]
    for path, node in nodes(file.data):
        if node.get("use") == "review" and texts and "when" not in node:
            condition = f"input.{texts[0]} == 'urgent'"
            yield f"{shown(path)} only when {condition}", file.written(replaced(file.data, (*path, "when"), condition))


@operator("effect that uses what nobody was shown")
def unseen(file: File) -> Iterator[Change]:
    """What an effect is given is taken out of what its review shows."""
    if not file.is_graph:
        return
    used = " ".join(text for path, text in bindings(file.data) if _is_effect(file.data, path))
    for path, text in bindings(file.data):
        if "show" in path and not text.startswith("$input") and f"{text.strip('?')}" in used:
            yield f"{shown(path)}: {text} not shown", file.written(without(file.data, path))


def _is_effect(data: Any, path: tuple[str | int, ...]) -> bool:
    return len(path) > 2 and path[0] == "nodes" and data["nodes"][path[1]].get("use") == "effect"


@operator("recipient, key or SQL out of a text")
def from_text(file: File) -> Iterator[Change]:
    """What says who gets it, or whose data is read, comes out of the mail."""
    if not file.is_graph:
        return
    data = file.data
    known = [text for text in TEXTS if _is_declared(data, text)]
    for path, _ in bindings(data):
        if path[-1] in {"customer_id", "ticket_id"} and path[-2] in {"in", "with"} and known:
            is_graph = "graph" in _owner(data, path)
            if not is_graph or path[-1] == "ticket_id":
                yield f"{shown(path)} becomes {known[0]}", file.written(replaced(data, path, known[0]))


def _owner(data: Any, path: tuple[str | int, ...]) -> Any:
    return data["nodes"][path[1]]


def _is_declared(data: Any, text: str) -> bool:
    steps = text.removeprefix("$input.").split(".")
    return steps[0] in data.get("input", {})


@operator("recipient, key or SQL said by a model")
def from_model(file: File) -> Iterator[Change]:
    """An answer of a model says who gets it; an agent chooses whose data it reads."""
    if not file.is_graph:
        return
    data = file.data
    texts = [f"${path[1]}.text" for path, node in nodes(data) if len(path) == 2 and node.get("use") == "llm"]
    for path, _ in bindings(data):
        if path[-1] in {"customer_id", "ticket_id"} and path[-2] == "with":
            yield f"{shown(path)} left to the model", file.written(without(data, path))
        elif path[-1] == "ticket_id" and path[-2] == "in" and texts:
            yield f"{shown(path)} becomes {texts[0]}", file.written(replaced(data, path, texts[0]))


@operator(
    "rule that always decides", misbehaves="no person is asked any more, and samples of people answer as the rule does"
)
def always_automatic(file: File) -> Iterator[Change]:
    """`auto: {when: "true"}`."""
    if file.is_graph:
        for path, node in nodes(file.data):
            if node.get("use") == "review":
                for rule in ("true", "1 == 1"):
                    data = replaced(file.data, (*path, "auto"), {"when": rule})
                    yield f"{shown(path)} decides itself: {rule}", file.written(data)


@operator(
    "rule where the policy asks for a person",
    misbehaves="at run time the policy refuses every automatic decision: the rule is dead",
)
def auto_forbidden(file: File) -> Iterator[Change]:
    """`auto` in front of an effect of which the policy says `automatic: false`; or the policy says so later.

    Not where only another decision than an approval leads to the effect: the rule then performs nothing.
    """
    if file.path.startswith("graphs/policies/"):
        for name, rule in file.data["effects"].items():
            if rule.get("automatic") and any(
                _is_automatic(text, file.data["name"], name) for text in file.words.values()
            ):
                data = replaced(file.data, ("effects", name, "automatic"), False)
                yield f"effects.{name}.automatic becomes false", file.written(data)
    elif file.is_graph:
        policy = file.words.get(f"graphs/policies/{file.data.get('policy')}.yaml", "effects: {}\n")
        rules: Any = read_yaml(policy, "policy").data
        forbidden = {name for name, rule in rules["effects"].items() if not rule.get("automatic")}
        acting = [node for _, node in nodes(file.data) if node.get("use") == "effect" and _follows_approval(node)]
        effects = {name for node in acting for name in _names(node)}
        for path, node in nodes(file.data):
            if node.get("use") == "review" and "auto" not in node and effects & forbidden:
                rule = {"when": f"len({_first(node['show'])}) > 0"}
                yield f"{shown(path)} decides itself", file.written(replaced(file.data, (*path, "auto"), rule))


def _follows_approval(node: Any) -> bool:
    """Whether an approval may lead to an effect; not so if its condition wants one other decision."""
    wanted = re.search(r"\.action == '(\w+)'", str(node.get("when", "")))
    return wanted is None or wanted.group(1) == "approve"


def _names(node: Any) -> list[str]:
    return [node["tool"]] if "tool" in node else node["tools"]


def _first(show: Any) -> str:
    texts = show.values() if isinstance(show, dict) else show
    return str(next(iter(texts))).strip("$?")


def _is_automatic(text: str, policy: str, effect: str) -> bool:
    return f"policy: {policy}\n" in text and "auto:" in text and re.search(rf"\b{effect}\b", text) is not None


@operator("effect that the policy does not name")
def effect_forbidden(file: File) -> Iterator[Change]:
    """Taken out of the policy, or misspelt there."""
    if file.path.startswith("graphs/policies/"):
        for name in file.data["effects"]:
            where = ("effects", name)
            yield f"{name} taken out", file.written(without(file.data, where))
            yield f"{name} misspelt", file.written(renamed(file.data, where, typo(name)))


@operator("policy that asks for another queue")
def other_queue(file: File) -> Iterator[Change]:
    """The review stands in a queue of which the policy takes no decision."""
    if file.path.startswith("graphs/policies/"):
        for path, value in leaves(file.data):
            if path[-1] == "queue":
                yield f"{shown(path)} becomes {typo(value)}", file.written(replaced(file.data, path, typo(value)))


@operator("amount that is not there")
def no_amount(file: File) -> Iterator[Change]:
    """The policy reads the amount from an argument or a tool that there is none of."""
    if file.path.startswith("graphs/policies/"):
        for path, value in leaves(file.data):
            if path[-1] == "argument":
                yield f"{shown(path)} becomes {typo(value)}", file.written(replaced(file.data, path, typo(value)))
                data = replaced(file.data, path[:-1], {**file.data["effects"][path[1]]["money"], "tool": "amuont_of"})
                yield f"{shown(path)} becomes a tool", file.written(without(data, path))


@operator(
    "limit that limits nothing",
    misbehaves="every amount below `at_most` then passes without a person; it needs a run with that very amount",
)
def idle_limit(file: File) -> Iterator[Change]:
    """`automatic_at_most` raised to or above `at_most`; below zero."""
    if file.path.startswith("graphs/policies/"):
        for path, value in leaves(file.data):
            if path[-1] == "automatic_at_most":
                for new in (value * 100, -value):
                    yield f"{shown(path)} becomes {new}", file.written(replaced(file.data, path, new))


@operator("policy that cannot be read")
def broken_policy(file: File) -> Iterator[Change]:
    """A key misspelt, a value of another type."""
    if file.path.startswith("graphs/policies/"):
        for path, value in leaves(file.data):
            if isinstance(path[-1], str) and path[-1] not in {"compound", "description"}:
                yield f"{shown(path)} misspelt", file.written(renamed(file.data, path, typo(path[-1])))
            if isinstance(value, bool | int | float):
                yield f"{shown(path)} becomes a text", file.written(replaced(file.data, path, "some"))


@operator(
    "timeout that stops nothing", misbehaves="the function runs on the thread that would stop it; samples take no time"
)
def idle_timeout(file: File) -> Iterator[Change]:
    """A timeout of a SQL tool, a search, a function that does not await."""
    if file.is_graph:
        for path, node in nodes(file.data):
            is_async = node.get("tool") == "forecast"
            if node.get("use") in {"sql", "retrieve", "tool"} and "timeout" not in node and not is_async:
                yield f"{shown(path)} within 5s", file.written(replaced(file.data, (*path, "timeout"), "5s"))


@operator("review inside of a block")
def review_in_block(file: File) -> Iterator[Change]:
    """A person is asked in every round."""
    if file.is_graph:
        for path, node in nodes(file.data):
            if "nodes" in node:
                asked = {"use": "review", "queue": "front", "show": [f"${next(iter(node['nodes']))}"]}
                yield f"{shown(path)} asks", file.written(replaced(file.data, (*path, "nodes", "asked"), asked))


@operator(
    "value kept that is no value to keep",
    misbehaves="the second run is given the answer of the first; one run cannot show it",
)
def wrong_cache(file: File) -> Iterator[Change]:
    """`cache` where a model answers at a temperature, and of what depends on a decision."""
    if file.is_graph:
        for path, node in nodes(file.data):
            if node.get("use") == "llm":
                data = replaced(file.data, (*path, "cache"), "1h")
                yield f"{shown(path)} kept at temperature 1", file.written(replaced(data, (*path, "temperature"), 1))
