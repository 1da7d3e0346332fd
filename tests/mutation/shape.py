"""Mistakes in nodes, conditions, blocks and keys of graph files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.mutation.operators import operator
from tests.mutation.tree import (
    LITERAL,
    Change,
    File,
    bindings,
    conditions,
    nodes,
    renamed,
    replaced,
    shown,
    typo,
    without,
)

GUARD = re.compile(r"null|len\(|\.ok|\.action|\.score")
"""A condition that protects: it asks whether something is there, or what a check or a person said."""
OTHER_KIND = {
    "tool": "sql",
    "sql": "tool",
    "check": "tool",
    "llm": "tool",
    "retrieve": "sql",
    "specialist": "tool",
    "effect": "tool",
    "review": "check",
    "agent": "llm",
    "graph": "tool",
}


@operator("node removed")
def node_removed(file: File) -> Iterator[Change]:
    """A node is not there any more; what refers to it still is."""
    if file.is_graph:
        for path, _ in nodes(file.data):
            if path[-1] != "fallback":
                yield f"{shown(path)} removed", file.written(without(file.data, path))


@operator("guard dropped")
def guard_dropped(file: File) -> Iterator[Change]:
    """A node runs whether or not what its `when` asks for is there, was checked, or was decided."""
    if file.is_graph:
        for path, text in conditions(file.data):
            if path[-1] == "when" and path[-2] != "auto" and GUARD.search(text):
                yield f"{shown(path)}: {text} dropped", file.written(without(file.data, path))


@operator("part of a guard dropped")
def guard_weakened(file: File) -> Iterator[Change]:
    """One side of an `and`, or `or` in its place."""
    if not file.is_graph:
        return
    for path, text in conditions(file.data):
        parts = text.split(" and ")
        for index in range(len(parts) if "(" not in text.replace("len(", "") and path[-2] != "auto" else 0):
            rest = " and ".join(parts[:index] + parts[index + 1 :])
            if rest and GUARD.search(parts[index]) and path[-1] == "when":
                yield f"{shown(path)}: {text} becomes {rest}", file.written(replaced(file.data, path, rest))


@operator("`!=` of a decision turned round")
def decision_inverted(file: File) -> Iterator[Change]:
    """`review.action == 'reject'`: what was refused is done."""
    if file.is_graph:
        for path, text in conditions(file.data):
            if ".action != " in text:
                new = text.replace(".action != ", ".action == ")
                yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("number in quotes in a condition")
def quoted_number(file: File) -> Iterator[Change]:
    """`score >= '0.8'`."""
    if not file.is_graph:
        return
    for path, text in conditions(file.data):
        for match in re.finditer(r"(?<=[=<>] )\d+(\.\d+)?", text):
            new = f"{text[: match.start()]}'{match[0]}'{text[match.end() :]}"
            yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("text compared with a number")
def text_as_number(file: File) -> Iterator[Change]:
    """`action != 1`."""
    if not file.is_graph:
        return
    for path, text in conditions(file.data):
        for match in LITERAL.finditer(text):
            new = f"{text[: match.start()]}1{text[match.end() :]}"
            yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("order asked of what has none")
def order_of_words(file: File) -> Iterator[Change]:
    """`label < 'refund'`, `action > 'reject'`."""
    if file.is_graph:
        for path, text in conditions(file.data):
            for old, new in (("== '", "< '"), ("!= '", "> '")):
                if old in text:
                    made = text.replace(old, new, 1)
                    yield f"{shown(path)}: {text} becomes {made}", file.written(replaced(file.data, path, made))


@operator("slip in a condition")
def condition_slip(file: File) -> Iterator[Change]:
    """`=` for `==`, `&&` for `and`, a quote that is not closed, a text without quotes."""
    if not file.is_graph:
        return
    for path, text in conditions(file.data):
        made = [text.replace(" == ", " = ", 1), text.replace(" and ", " && ", 1), text.replace("null", "None", 1)]
        made += [re.sub(r"'([^']*)'", r"'\1", text, count=1), re.sub(r"'([^']*)'", r"\1", text, count=1)]
        for new in dict.fromkeys(one for one in made if one != text):
            yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("length asked of the wrong thing")
def length_of(file: File) -> Iterator[Change]:
    """`len()` left out: a list is compared with a number."""
    if file.is_graph:
        for path, text in conditions(file.data):
            new = re.sub(r"len\(([\w.]+)\)", r"\1", text, count=1)
            if new != text:
                yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("`until` dropped")
def until_dropped(file: File) -> Iterator[Change]:
    """Every round is made, whatever the check says."""
    if file.is_graph:
        for path, text in conditions(file.data):
            if path[-1] == "until":
                yield f"{shown(path)}: {text} dropped", file.written(without(file.data, path))


@operator("`until` that asks for nothing a round makes")
def until_outside(file: File) -> Iterator[Change]:
    """It asks `$previous`, or never holds."""
    if file.is_graph:
        for path, text in conditions(file.data):
            if path[-1] == "until":
                first = re.split(r"[ .]", text, maxsplit=1)[0]
                for new in (f"len({first}) < 0", text.replace(first, f"previous.{first}", 1)):
                    yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("rounds without end")
def rounds(file: File) -> Iterator[Change]:
    """`max: 0`, `max: 1`, `max: 1000`, no `max`."""
    if file.is_graph:
        for path, node in nodes(file.data):
            if "repeat" in node:
                where = (*path, "repeat", "max")
                yield f"{shown(where)} dropped", file.written(without(file.data, where))
                for value in (0, 1, 1000):
                    yield f"{shown(where)} becomes {value}", file.written(replaced(file.data, where, value))


@operator("`after` that closes a circle")
def circle(file: File) -> Iterator[Change]:
    """A node waits for one that needs it."""
    if not file.is_graph:
        return
    for path, node in nodes(file.data):
        text = json.dumps(node)
        for other, beside in nodes(file.data):
            is_used = re.search(rf"\$?\b{other[-1]}\b", text) is not None
            if other[:-1] == path[:-1] and other != path and is_used and f"${other[-1]}" in text and "use" in beside:
                changed = replaced(file.data, (*other, "after"), [*beside.get("after", []), path[-1]])
                yield f"{shown(other)} after {path[-1]}", file.written(changed)


@operator("typo in `after`")
def after_name(file: File) -> Iterator[Change]:
    """It waits for nobody, or for a node that is not there."""
    if file.is_graph:
        for path, node in nodes(file.data):
            for index, name in enumerate(node.get("after", ())):
                where = (*path, "after", index)
                yield f"{shown(where)}: {name} misspelt", file.written(replaced(file.data, where, typo(name)))


@operator("map over what is no list")
def each_of(file: File) -> Iterator[Change]:
    """One item, a text, or the record around it."""
    if file.is_graph:
        for path, node in nodes(file.data):
            if "map" in node:
                where = (*path, "map", "each")
                for new in (f"{node['map']['each']}[0]", 3, "$input"):
                    yield f"{shown(where)} becomes {new}", file.written(replaced(file.data, where, new))


@operator("item called otherwise")
def item_name(file: File) -> Iterator[Change]:
    """`as: line` where the nodes say `$one`."""
    if file.is_graph:
        for path, node in nodes(file.data):
            if "map" in node:
                where = (*path, "map", "as")
                yield f"{shown(where)} becomes element", file.written(replaced(file.data, where, "element"))


@operator("`$previous` or `$item` out of its block")
def out_of_block(file: File) -> Iterator[Change]:
    """A round's own value asked of the round itself; an item where there is none."""
    if not file.is_graph:
        return
    for path, text in bindings(file.data):
        if "$previous." in text:
            new = text.replace("$previous.", "$")
            yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))
        elif len(path) > 2 and path[0] == "nodes" and path.count("nodes") == 1 and path[2] == "in":
            for root in ("$previous", "$item"):
                new = re.sub(r"^\$\w+", root, text)
                yield f"{shown(path)}: {text} becomes {new}", file.written(replaced(file.data, path, new))


@operator("key misspelt")
def key_name(file: File) -> Iterator[Change]:
    """`whne:`, `promt:`, `qeue:`."""
    if not file.is_graph:
        return
    for key in file.data:
        yield f"{key} misspelt", file.written(renamed(file.data, (key,), typo(key)))
    for path, node in nodes(file.data):
        for key in node:
            yield f"{shown((*path, key))} misspelt", file.written(renamed(file.data, (*path, key), typo(key)))
        for part in ("retry", "map", "repeat", "auto", "budget", "on_expire"):
            for key in node.get(part, {}):
                where = (*path, part, key)
                yield f"{shown(where)} misspelt", file.written(renamed(file.data, where, typo(key)))


@operator("required key missing")
def key_missing(file: File) -> Iterator[Change]:
    """A node without what it calls."""
    if file.is_graph:
        for path, node in nodes(file.data):
            for key in ("use", "tool", "tools", "model", "prompt", "ref", "on", "graph", "kind"):
                if key in node and not (key == "tools" and node["use"] == "agent"):
                    yield f"{shown((*path, key))} missing", file.written(without(file.data, (*path, key)))


@operator("key written twice")
def key_twice(file: File) -> Iterator[Change]:
    """The second `in:` hides the first."""
    if file.is_graph:
        lines = file.text.splitlines(keepends=True)
        for at, line in enumerate(lines):
            is_whole = line.count("{") == line.count("}") and line.count("[") == line.count("]")
            if is_whole and re.match(r" {2,4}(in|use|tool|when|show|out): \S", line):
                yield f"line {at + 1} twice", "".join([*lines[: at + 1], line, *lines[at + 1 :]])


@operator("another kind of node")
def kind_of_node(file: File) -> Iterator[Change]:
    """`use: tool` for a SQL tool, `use: sql` for an index; a kind that is none."""
    if file.is_graph:
        for path, node in nodes(file.data):
            if "use" in node:
                for new in (OTHER_KIND[node["use"]], typo(node["use"])):
                    yield f"{shown(path)}: use {new}", file.written(replaced(file.data, (*path, "use"), new))


@operator("value that its key does not take")
def bad_value(file: File) -> Iterator[Change]:
    """`timeout: 30 seconds`, `attempts: 0`, `top_k: many`."""
    if not file.is_graph:
        return
    bad = {
        "timeout": "30 seconds",
        "due": "4 hours",
        "cache": "-1h",
        "top_k": "many",
        "max_turns": 0,
        "on_error": "ignore",
    }
    for path, node in nodes(file.data):
        places = [(key,) for key in node] + [("map", key) for key in node.get("map", {})]
        for place in places:
            if place[-1] in bad:
                where = (*path, *place)
                made = bad[place[-1]]
                yield f"{shown(where)} becomes {made}", file.written(replaced(file.data, where, made))
        if "retry" in node:
            where = (*path, "retry", "attempts")
            yield f"{shown(where)} becomes 0", file.written(replaced(file.data, where, 0))


@operator("type of a model's answer dropped")
def out_dropped(file: File) -> Iterator[Change]:
    """The answer is a text, and its fields are not there."""
    if file.is_graph:
        for path, node in nodes(file.data):
            if node.get("use") in {"llm", "agent"} and "out" in node:
                yield f"{shown((*path, 'out'))} dropped", file.written(without(file.data, (*path, "out")))
