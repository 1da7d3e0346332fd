"""The conformance kits: our own adapters pass them, and an adapter that breaks a rule is told which."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compound import Setup, testing
from compound.connector.state import StateStore
from compound.effect import DeliveryClass, EffectGroup, EffectOutcome, TargetEffect, TargetSetup
from compound.model import (
    AnthropicProvider,
    LangchainProvider,
    ModelRequest,
    ScriptedProvider,
    StreamEnd,
    StreamEvent,
    TextDelta,
    solver,
)
from compound.model.provider.offline import OfflineProvider
from compound.retrieval import Embedder
from tests.contract.anthropic.replay_server import ReplayServer
from tests.support.data.mailboxes import Mailbox
from tests.support.data.search import embedder, engine
from tests.support.data.state_stores import postgresql_url
from tests.support.models.model_projects import reply
from tests.support.shops import open_shop, open_small_shop

PLUGINS = Path(__file__).parents[2] / "plugin_package" / "src"
SMALL = Path(__file__).parents[3] / "compound/_templates/small"
Find = Callable[[str], TargetEffect]


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """A module of the package of plug-ins, which is not installed here."""
    monkeypatch.syspath_prepend(str(PLUGINS))
    return lambda name: import_module(f"shelf_plugins.{name}")


# Targets


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_shop_is_a_target(database: str, tmp_path: Path) -> None:
    url = str(tmp_path / "shop.db") if database == "sqlite" else postgresql_url()
    open_small_shop(url).close()

    def change(tx: Any, mark: str) -> None:
        tx.get("orders", "#W1")["status"] = mark

    testing.check_target(
        lambda effects: open_shop(url, effects=effects), change=change, seen=lambda shop: shop.export()
    )


def test_the_desk_is_a_target(tmp_path: Path) -> None:
    testing.check_target(
        lambda effects: Mailbox(tmp_path / "desk", effects=effects),
        change=lambda tx, mark: tx.reply(mark, "Hello"),
        seen=lambda desk: [(one.item_id, one.text) for one in desk.replies()],
    )


def test_the_target_of_the_package_is_one(tmp_path: Path, plugin: Callable[[str], Any]) -> None:
    open_ledger = plugin("ledger").open_ledger

    testing.check_target(
        lambda effects: open_ledger(TargetSetup(name="books", folder=tmp_path, effects=effects)),
        change=lambda tx, mark: tx.book(mark),
        seen=lambda ledger: ledger.path.read_text() if ledger.path.exists() else "",
    )


class Forgetful:
    """A target that keeps half of a failed group, and performs a group twice."""

    def __init__(self, effects: Find, rows: list[str], *, is_whole: bool, delivery_class: DeliveryClass) -> None:
        self.delivery_class: DeliveryClass = delivery_class
        self._effects = effects
        self._rows = rows
        self._is_whole = is_whole

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        tx: list[str] = []
        rows = tx if self._is_whole else self._rows
        results = [self._effects(one.name).perform(rows, one.arguments) for one in group.effects]
        self._rows += tx
        return [
            EffectOutcome(key=one.key, status="sent", result=result)
            for one, result in zip(group.effects, results, strict=True)
        ]


def test_a_target_that_performs_twice_is_told() -> None:
    rows: list[str] = []
    with pytest.raises(AssertionError, match="class A: the same group made a change in the same process"):
        testing.check_target(
            lambda effects: Forgetful(effects, rows, is_whole=True, delivery_class="A"),
            change=lambda tx, mark: tx.append(mark),
            seen=lambda _: list(rows),
        )


def test_a_target_that_keeps_half_of_a_group_is_told() -> None:
    rows: list[str] = []
    with pytest.raises(AssertionError, match="one effect of a group refuses, but another one's change stayed"):
        testing.check_target(
            lambda effects: Forgetful(effects, rows, is_whole=False, delivery_class="D"),
            change=lambda tx, mark: tx.append(mark),
            seen=lambda _: list(rows),
        )


# Providers


@pytest.fixture
def server() -> Any:
    with ReplayServer() as started:
        yield started


def test_anthropic_is_a_provider(server: ReplayServer) -> None:
    from tests.project.keys.wire import STREAM

    server.play(reply("streamed"), STREAM, reply("streamed"), STREAM)
    testing.check_provider(
        lambda: AnthropicProvider(api_key="k", base_url=server.url, timeout_s=5.0, betas=[]), model="claude-haiku-5-5"
    )


def test_a_langchain_model_is_a_provider() -> None:
    options = {"name": "x"}
    testing.check_provider(
        lambda: LangchainProvider.from_factory("tests.support.models.paid_model:PaidModel", options, timeout_s=5.0)
    )


def test_solvers_are_a_provider() -> None:
    solver("kit")(lambda inputs: f"You asked: {inputs['question']}")
    testing.check_provider(OfflineProvider, model="kit")


def test_scripts_and_recordings_are_providers(tmp_path: Path) -> None:
    testing.check_provider(lambda: ScriptedProvider(["Hello there"] * 4))
    file = tmp_path / "answers.jsonl"
    testing.check_provider(lambda: testing.RecordedProvider(file, ScriptedProvider(["Hello there"])))
    testing.check_provider(lambda: testing.RecordedProvider(file))


def test_the_provider_of_the_package_is_one(plugin: Callable[[str], Any]) -> None:
    setup = Setup(name="writer", options={"word": "Polly"})
    testing.check_provider(partial(plugin("parrot").Parrot, setup))


def test_a_provider_whose_stream_differs_is_told() -> None:
    class Uneven(ScriptedProvider):
        async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
            yield TextDelta(text="Good")
            yield StreamEnd(response=await self.complete(request))

    with pytest.raises(AssertionError, match="the text pieces of a stream must equal the text of its answer"):
        testing.check_provider(lambda: Uneven(["Hello"] * 4))


# Search


@pytest.mark.parametrize("kind", ["edge", "sqlite"])
def test_each_engine_is_an_engine(kind: str, tmp_path: Path) -> None:
    testing.check_engine(lambda: engine(kind, root=tmp_path))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_qdrant_is_an_engine() -> None:
    made = engine("qdrant", url=":memory:")
    testing.check_engine(lambda: made)


def test_each_embedder_is_an_embedder() -> None:
    testing.check_embedder(lambda: embedder("none"))
    testing.check_embedder(lambda: embedder("auto"))


def test_the_embedder_and_the_retriever_of_the_package(plugin: Callable[[str], Any]) -> None:
    testing.check_embedder(plugin("letters").Letters)
    setup = Setup(name="stock", options={"sentences": ["a refund", "no", "refund it"]})
    testing.check_retriever(partial(plugin("shelf").open_shelf, setup), query="refund")


def test_our_retriever_is_one() -> None:
    with testing.project(SMALL) as desk:
        desk.index()
        made = desk.project.resources.retriever("garden")
        testing.check_retriever(lambda: made, query="water a plot")


def test_an_embedder_of_other_lengths_is_told() -> None:
    class Long:
        name = "long"
        dimension = 2
        fingerprint: Mapping[str, str] = {"embedder": "long"}

        def embed(self, texts: Sequence[str]) -> Any:
            return np.full((len(texts), 2), 2.0, np.float32)

        def embed_query(self, text: str) -> Any:
            return np.full(2, 2.0, np.float32)

    made: Callable[[], Embedder] = Long
    with pytest.raises(AssertionError, match="vectors must have length 1"):
        testing.check_embedder(made)


def test_a_retriever_that_returns_a_list_is_told() -> None:
    class Listing:
        version = "1"

        def search(self, query: str, **more: object) -> Any:
            return [query]

    with pytest.raises(AssertionError, match="must be SearchResult, not list"):
        testing.check_retriever(Listing, query="refund")


# State


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_state_store_is_one(database: str, tmp_path: Path) -> None:
    url = str(tmp_path / "state.db") if database == "sqlite" else postgresql_url()
    testing.check_state_store(lambda: StateStore.open(url))
