"""A graph that is written in Python."""

from __future__ import annotations

from compound import Graph

from .types import Answer, Letter

graph = Graph("translate", input={"letter": Letter, "language": "enum(de, en)"})
mail = graph.tool("read_mail", name="mail", text=graph.input.letter.body, limit=500)
found = graph.retrieve("handbook", name="found", query=mail.text, top_k=2)
answer = graph.llm(
    "writer",
    prompt="prompts/translate.md",
    name="answer",
    mail=mail,
    language=graph.input.language,
    found=found,
    out=Answer,
)
verdict = graph.check("polite", name="verdict", text=answer.text, language=graph.input.language)
graph.output(text=answer.text, ok=verdict.ok, tone=answer.tone)
