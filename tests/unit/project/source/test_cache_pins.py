"""`cache:` sees every change: of a tool, of what it imports, at any depth, and of the solver that answers for a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from compound import Project
from tests.support.projects import write_project

GRAPH = """\
compound: graph/v1
name: main
input: {text: str}
output: {said: $said, wrote: $wrote}
nodes:
  said: {use: tool, tool: say, in: {text: $input.text}, out: str, cache: 1d}
  wrote: {use: llm, model: clerk, prompt: prompts/p.md, in: {text: $input.text}, cache: 1d}
"""
FILES = {
    "graphs/main.yaml": GRAPH,
    "graphs/prompts/p.md": "{{ text }}",
    "connectors/models.yaml": "compound: models/v1\nprovider: offline\nmodels: {clerk: {solver: clerk}}\n",
    "tools/voice.py": "from compound.tool import tool\nfrom .parts.words import louder\n\n\n"
    "@tool\ndef say(text: str) -> str:\n    return louder(text)\n",
    "tools/parts/__init__.py": "",
    "tools/parts/words.py": "def louder(text):\n    from .marks import MARK\n\n    return text.upper() + MARK\n",
    "tools/parts/marks.py": "MARK = '!'\n",
    "tools/clerk.py": "from compound.model import solver\nfrom .parts import style\n\n\n"
    "@solver('clerk')\ndef write(request):\n    return style.GREETING\n",
    "tools/parts/style.py": "GREETING = 'Dear Ann'\n",
}


def outcome(root: Path) -> dict[str, object]:
    """What a run in a new process would give: the output, and which nodes were answered from the cache."""
    project = Project.open(root)
    try:
        run = project.run("main", {"text": "hello"})
        assert run.status == "done", run.error
        project.resources.recorder.flush()
        query = "select node_name, cached_result from spans where kind = 'node' and run_id = $run"
        cached = {name: hit for name, hit in project.traces().sql(query, {"run": run.run_id}).rows}
        return {**(run.output or {}), "cached": cached}
    finally:
        project.close()


@pytest.mark.parametrize(
    ("file", "old", "new", "node", "output"),
    [
        ("tools/voice.py", "louder(text)", "louder(text) + '?'", "said", "HELLO!?"),
        ("tools/parts/words.py", "upper", "title", "said", "Hello!"),
        ("tools/parts/marks.py", "'!'", "'!!'", "said", "HELLO!!"),
        ("tools/clerk.py", "style.GREETING", "style.GREETING + ','", "wrote", "Dear Ann,"),
        ("tools/parts/style.py", "Dear Ann", "Hi Ann", "wrote", "Hi Ann"),
    ],
)
def test_a_change_of_code_is_seen(tmp_path: Path, file: str, old: str, new: str, node: str, output: str) -> None:
    root = write_project(tmp_path / "first", FILES)
    first = outcome(root)
    assert first["cached"] == {"said": False, "wrote": False}
    assert outcome(root)["cached"] == {"said": True, "wrote": True}
    other = tmp_path / "second"  # another folder: Python loads a module once in a process
    root.rename(other)
    changed = (other / file).read_text().replace(old, new)
    (other / file).write_text(changed)
    found = outcome(other)
    assert found[node] == output
    assert found["cached"] == {"said": node != "said", "wrote": node != "wrote"}
