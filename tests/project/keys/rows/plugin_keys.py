"""Keys that choose adapters by name: of the settings, and of the models file; the adapters are the project's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.project.keys.table import Desk, Key, Place
from tests.project.keys.world import world
from tests.support.models.model_projects import FREE_TEXT, spans_of

IN_PROFILE = 'lexical = ["handbook", "cards"]\n'
ADAPTERS: Mapping[str, str] = {
    "connectors/ones.py": """\
import numpy as np


class Ones:
    name, dimension, fingerprint = "ones", 2, {"embedder": "ones"}

    def embed(self, texts):
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text):
        return np.array([1, 0], np.float32)


def embedder(setup):
    return Ones()
""",
    "connectors/longest.py": """\
class Longest:
    def __init__(self, sign):
        self.sign = sign

    def rerank(self, query, passages):
        return [self.sign * len(one) for one in passages]


def reranker(setup):
    return Longest(setup.options.get("sign", 1))
""",
    "connectors/nothing.py": """\
from compound.retrieval import SearchResult


class Nothing:
    version = "1"

    def search(self, query, *, top_k=6, mode="hybrid", where=None):
        return SearchResult(passages=(), degraded=(), mode=mode, index="handbook", version="1")


def retriever(setup):
    return Nothing()
""",
    "connectors/names.py": """\
import json


class Names:
    is_immediate = False

    def __init__(self, file):
        self.file = file

    def append(self, table, lines):
        with open(self.file, "a") as out:
            out.writelines(json.loads(line).get("name", "") + "\\n" for line in lines)

    def publish(self): ...

    def close(self): ...


def exporter(setup):
    return Names(setup.options["file"])
""",
    "connectors/echo.py": """\
import anyio

from compound.model import ModelResponse, StreamEnd


class Echo:
    name = "echo"

    def __init__(self, options):
        self.options = options

    async def complete(self, request):
        await anyio.sleep(self.options.get("wait", 0))
        text = f"{self.options.get('word', 'echo')} {request.model} {request.max_tokens}"
        return ModelResponse(text=text, provider=self.name, model=request.model)

    async def stream(self, request):
        yield StreamEnd(response=await self.complete(request))


def provider(setup):
    return Echo(setup.options)
""",
}
FINDS = """\
compound: graph/v1
name: main
input: {text: str}
nodes: {found: {use: retrieve, on: handbook, in: {query: $input.text}, top_k: 5}}
output: {found: $found}
"""


def _profiled(desk: Desk, line: str) -> Place:
    where = world(desk, {**ADAPTERS, "graphs/main.yaml": FINDS})
    return where.edit("pyproject.toml", IN_PROFILE, f'lexical = ["cards"]\n{line}\n' if line else IN_PROFILE)


def _found(where: Place) -> list[str]:
    assert where.say("index").code == 0
    output: Any = where.run({"text": "refund"}).output
    return [one["title"] for one in output["found"]]


def _embedder(desk: Desk) -> None:
    for line, said in (('embedder = "ones"', "ones"), ('embedder = "none"', "none")):
        assert _profiled(desk, line).say("index", "handbook", "--json").json[0]["embedder"] == said
    assert "retrieval.unknown-embedder" in _profiled(desk, 'embedder = "twos"').codes()


def _reranker(desk: Desk) -> None:
    longest, shortest = (
        _found(_profiled(desk, f'embedder = "none"\nreranker = {{ use = "longest", sign = {sign} }}'))
        for sign in (1, -1)
    )
    assert longest == shortest[::-1]
    assert "retrieval.unknown-reranker" in _profiled(desk, 'reranker = "none"').codes()


def _retrievers(desk: Desk) -> None:
    assert _found(_profiled(desk, 'embedder = "none"'))
    assert _found(_profiled(desk, 'embedder = "none"\nretrievers = { handbook = "nothing" }')) == []
    assert "retrieval.unknown-retriever" in _profiled(desk, 'retrievers = { handbook = "no" }').codes()


def _exporters(desk: Desk) -> None:
    out = desk.root / "names.txt"
    where = _profiled(desk, f'embedder = "none"\nexporters = [{{ use = "names", file = "{out}" }}]')
    _found(where)
    assert "invoke_workflow main" in out.read_text().splitlines()
    assert "trace.unknown-exporter" in _profiled(desk, 'exporters = ["no"]').codes()


def _echo(desk: Desk, **keys: Any) -> tuple[str, str]:
    """What a model says through a provider of the project, or the error's code; and the model of its span."""
    models = {"compound": "models/v1", "provider": "echo", "models": {"writer": {"providers": {"echo": keys}}}}
    files = {**ADAPTERS, "connectors/models.yaml": json.dumps(models), "graphs/main.yaml": FREE_TEXT}
    where = desk.project({**files, "graphs/prompts/ask.md": "{{ question }}"})
    with where.open() as project:
        view = project.run(None, {"question": "Hi"})
        span = dict(spans_of(project, view.run_id)[0])
        return str(view.error["code"] if view.error else (view.output or {})["answer"]), str(span["request_model"])


def _providers(desk: Desk) -> None:
    assert _echo(desk)[0] == "echo echo 4096"
    models = "compound: models/v1\nprovider: echo\nmodels: {writer: {solver: calm}}\n"
    where = desk.project({**ADAPTERS, "connectors/models.yaml": models, "graphs/main.yaml": FREE_TEXT})
    where.write({"graphs/prompts/ask.md": "{{ question }}"})
    assert "`providers: {echo: {model: ...}}`" in where.say("run", "question=Hi").err


def _model(desk: Desk) -> None:
    assert _echo(desk, model="echo-2") == ("echo echo-2 4096", "echo-2")


def _options(desk: Desk) -> None:
    assert _echo(desk, options={"word": "said"})[0] == "said echo 4096"


def _max_tokens(desk: Desk) -> None:
    assert _echo(desk, max_tokens=77)[0] == "echo echo 77"


def _timeout(desk: Desk) -> None:
    assert _echo(desk, options={"wait": 0.3})[0] == "echo echo 4096"
    assert _echo(desk, options={"wait": 5}, timeout_s=0.1)[0] == "model.timeout"


KEYS = (
    Key("settings", "profiles.*.embedder", _embedder),
    Key("settings", "profiles.*.reranker", _reranker),
    Key("settings", "profiles.*.retrievers", _retrievers),
    Key("settings", "profiles.*.exporters", _exporters),
    Key("models", "models.*.providers", _providers),
    Key("models", "models.*.providers.*.model", _model),
    Key("models", "models.*.providers.*.options", _options),
    Key("models", "models.*.providers.*.max_tokens", _max_tokens),
    Key("models", "models.*.providers.*.timeout_s", _timeout),
)
