"""The town's water desk: letters, a model that writes slowly, and a graph with an error."""

from __future__ import annotations

from pathlib import Path

from tests.project.conversations.helpline import PYPROJECT, helpline
from tests.project.keys.table import Place

ASK = """\
compound: graph/v1
name: ask
description: Answers a question about water.
input: {question: str, tone: "enum(short, long)", places: "list[str]?", urgent: "bool?"}
nodes:
  look: {use: tool, tool: look, in: {question: $input.question, places: $input.places, urgent: $input.urgent}}
  write: {use: llm, model: writer, prompt: prompts/ask.md, in: {question: $input.question, known: $look.text}}
  polish: {use: tool, tool: polish, when: "input.tone == 'long'", in: {text: $write ?? ''}, out: {text: str}}
output: {text: $write, polished: $polish?}
"""
BROKEN = ASK.replace("name: ask", "name: broken").replace("$look.text", "$lok.text")
MODELS = """\
compound: models/v1
provider: langchain
models:
  writer:
    langchain:
      factory: langchain_core.language_models.fake_chat_models:FakeListChatModel
      max_tokens: 200
      model: writer
      options: {responses: ["The water is back at noon in every street of the town."], sleep: 0.03}
"""
TOOLS = '''\
from compound.tool import tool


@tool
def look(question: str, places: list[str] | None = None, urgent: bool | None = None) -> dict[str, str]:
    """What is known."""
    return {"text": f"Known of: {question}", "street": "<b>Mill</b> Street"}


@tool
def polish(text: str) -> dict[str, str]:
    """The same, longer."""
    return {"text": f"{text} Thank you for your patience."}
'''
FILES = {
    "pyproject.toml": PYPROJECT.replace(
        'profile = "plain"\n', 'profile = "plain"\nexample = {letter = {id = "L9", subject = "Tap", body = "Why?"}}\n'
    ),
    "graphs/ask.yaml": ASK,
    "graphs/broken.yaml": BROKEN,
    "graphs/prompts/ask.md": "Be short.\n---\n{{ question }} {{ known }}\n",
    "connectors/models.yaml": MODELS,
    "tools/knowledge.py": TOOLS,
}


def town(root: Path) -> Place:
    """The project, with no letters yet."""
    return helpline(root, FILES)
