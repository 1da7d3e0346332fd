"""A small support desk that graphs of the tests may use: what it offers, as a check sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compound.graph.port.catalogue import Shelf, Signature
from compound.language.types import parse_type
from compound.spec.graph_text import build_graph
from compound.spec.policy_file import PolicyFile
from compound.testing.catalogue import FixedCatalogue

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
TRUTH: Schema = {"type": "boolean"}
MAYBE_TEXT: Schema = {"anyOf": [TEXT, {"type": "null"}]}


def record(*required: str, **fields: Schema) -> Schema:
    """An object without other keys; all fields are required when none is named."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": fields,
        "required": list(required or fields),
    }


def many(item: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": item}


def marked(schema: Schema, meaning: str) -> Schema:
    """A parameter or a result that means something."""
    return {**schema, "x-compound": meaning}


ORDER = record(
    order_id=TEXT, status={"type": "string", "enum": ["pending", "delivered"]}, total=NUMBER, note=MAYBE_TEXT
)
SHELVES: Mapping[Shelf, Mapping[str, Signature]] = {
    "tool": {
        "clean": Signature(
            params=record("text", text=TEXT, limit={"type": "integer"}),
            output=record(text=TEXT, language={"type": "string", "enum": ["en", "de"]}, words=many(TEXT)),
        ),
        "identify": Signature(
            params=record(text=TEXT),
            output=record(customer_id=marked(MAYBE_TEXT, "proven"), reason=TEXT),
        ),
        "join": Signature(params=record("items", items=many(TEXT)), output=record(text=TEXT)),
        "measure": Signature(params=record(text=TEXT), output=record(size={"type": "integer"}, share=NUMBER, ok=TRUTH)),
        "slow": Signature(params=record(text=TEXT), output=record(text=TEXT), can_stop=False),
        "live": Signature(params=record(text=TEXT), output=record(text=TEXT), is_repeatable=False),
        "ask": Signature(params=record(sql=marked(TEXT, "sql")), output=many(record(n={"type": "integer"}))),
        "maybe": Signature(
            params=record(text=TEXT),
            output={"anyOf": [record(text=TEXT, score=NUMBER), {"type": "null"}]},
        ),
        "free": Signature(),
    },
    "check": {"policy": Signature(params=record("draft", draft={}, orders={})), "free_check": Signature()},
    "sql": {
        "orders": Signature(
            params=record(customer_id=marked(TEXT, "caller")), output=marked(many(ORDER), "proven"), can_stop=False
        ),
        "find": Signature(params=record("email", email=MAYBE_TEXT), output=many(record(user_id=TEXT))),
    },
    "effect": {
        "reply": Signature(params=record(ticket_id=marked(TEXT, "recipient"), text=TEXT)),
        "letter": Signature(params=record(text=TEXT), is_message=True),
        "note": Signature(params=record(text=TEXT)),
        "tag": Signature(params=record(label={"type": "string", "enum": ["cancel", "other"]})),
    },
    "retriever": {"handbook": Signature(can_stop=False)},
    "specialist": {
        "intent@production": Signature(
            params=record(text=TEXT),
            output=record(
                label={"anyOf": [{"type": "string", "enum": ["cancel", "other"]}, {"type": "null"}]}, score=NUMBER
            ),
        )
    },
    "model": {"writer": Signature(), "planner": Signature()},
}
PROMPTS = {
    "plain.md": "Write to {{ name }}.",
    "ticket.md": "Ticket {{ ticket.subject }}\n{% for order in orders or [] %}- {{ order.status }}\n{% endfor %}",
    "typo.md": "Dear customer,\n\nabout {{ ticket.subjet }}",
    "loop.md": "{% for order in orders %}{{ order.totl }}{% endfor %}",
    "filter.md": "Dear {{ name | uper }}, {{ name }}",
    "broken.md": "{% if %}",
    "null.md": "Order {{ order.status }}",
    "fine.md": (
        "{% if order %}{{ order.status }}{% endif %}{{ order.status if order else '' }}{{ (order or {}).status }}"
        "{{ order.status | default('') }}{{ orders | map(attribute='total') | sum }}{{ orders[0].status }}"
        "{% set first = orders | first %}{{ first.total }}{{ ticket.subject | upper }}{{ ticket.body.strip() }}"
    ),
    "attribute.md": "{{ orders | map(attribute='sum') | join(', ') }}",
    "method.md": "{{ box.items }}",
}
TRIAGE: Schema = {
    "compound": "graph/v1",
    "name": "triage",
    "input": {"text": "str", "size": "int"},
    "types": {"Kind": "enum(big, small)"},
    "nodes": {"read": {"use": "tool", "tool": "clean", "in": {"text": "$input.text", "limit": "$input.size"}}},
    "output": {"words": "$read.words", "language": "$read.language"},
}
REFUND: Schema = {
    "compound": "graph/v1",
    "name": "refund",
    "input": {"text": "str", "ticket_id": "str"},
    "nodes": {
        "ok": {"use": "review", "show": ["$input.text"]},
        "send": {
            "use": "effect",
            "tool": "reply",
            "when": "ok.action != 'reject'",
            "in": {"ticket_id": "$input.ticket_id", "text": "$input.text"},
        },
    },
    "output": {"action": "$ok.action", "sent": "$send?"},
}
BLIND: Schema = {
    **REFUND,
    "name": "blind",
    "nodes": {**REFUND["nodes"], "ok": {"use": "review", "show": ["$input.ticket_id"]}},
}
RING: Schema = {
    "compound": "graph/v1",
    "name": "ring",
    "input": {"text": "str"},
    "nodes": {"again": {"use": "graph", "graph": "ring_two", "in": {"text": "$input.text"}}},
    "output": {"text": "$again.text"},
}
RING_TWO: Schema = {
    **RING,
    "name": "ring_two",
    "nodes": {"again": {"use": "graph", "graph": "ring", "in": {"text": "$input.text"}}},
}


LETTERS: Schema = {
    "compound": "graph/v1",
    "name": "letters",
    "input": {"letter": {"text": "str"}, "text": "str?"},
    "nodes": {"read": {"use": "tool", "tool": "clean", "in": {"text": "$input.letter.text"}}},
    "output": {"text": "$read.text", "also": "$input.text"},
}
TENANTS: Schema = {
    "compound": "graph/v1",
    "name": "tenants",
    "input": {"text": "str"},
    "context": {"tenant": "str", "size": "int", "region": "str", "note": "str?"},
    "nodes": {"read": {"use": "tool", "tool": "clean", "in": {"text": "$context.tenant", "limit": "$context.size"}}},
    "output": {"text": "$read.text", "region": "$context.region", "note": "$context.note", "also": "$input.text"},
}
POLICIES: Schema = {
    "odd": {
        "reply": {"automatic": True, "money": {"tool": "amuont", "at_most": 10, "automatic_at_most": 20}},
        "note": {"money": {"argument": "amount", "at_most": 10, "automatic_at_most": 5}},
    },
    "careful": {"note": {"automatic": True}, "reply": {"automatic": True}},
    "even": {"reply": {"automatic": True, "money": {"tool": "measure", "at_most": 10, "automatic_at_most": 10}}},
}

BRIEF: Schema = {
    **RING,
    "name": "brief",
    "policy": "brief",
    "nodes": {"again": {"use": "tool", "tool": "clean", "in": {"text": "$input.text"}}},
}
HOARD: Schema = {
    **RING,
    "name": "hoard",
    "nodes": {"again": {"use": "tool", "tool": "clean", "cache": "200d", "in": {"text": "$input.text"}}},
}
KEPT: Schema = {"brief": {"content": "30d", "traces": "60d"}, "lasting": {"content": "90d", "traces": "100d"}}
"""How long each policy lets things be kept; the others say nothing."""
AUTOMATIC: Schema = {
    "careful": {"error_at_most": "2%", "confidence": "95%"},
    "graded": {"error_at_most": "2%", "confidence": "95%", "thresholds": [0.9, 0.8]},
}
"""What a certificate must prove; under any other policy no rule can fire."""


def catalogue(*, has_state: bool = True) -> FixedCatalogue:
    """What the desk offers."""
    graphs = {"triage": TRIAGE, "refund": REFUND, "blind": BLIND, "ring": RING, "ring_two": RING_TWO}
    graphs |= {"letters": LETTERS, "tenants": TENANTS, "brief": BRIEF, "hoard": HOARD}
    return FixedCatalogue(
        shelves=SHELVES,
        prompts=PROMPTS,
        graphs={name: build_graph(data, name) for name, data in graphs.items()},
        types={"types.py:Ticket": parse_type({"id": "str", "subject": "str", "body": "str", "email": "str?"})},
        policies={
            name: PolicyFile.model_validate(
                {
                    "compound": "policy/v1",
                    "name": name,
                    "effects": POLICIES.get(name, {}),
                    "retention": KEPT.get(name, {}),
                    "automatic": AUTOMATIC.get(name),
                }
            )
            for name in {**POLICIES, **KEPT, **AUTOMATIC}
        },
        has_state=has_state,
    )
