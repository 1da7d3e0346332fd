"""Provider `offline`: the project's solvers; not a language model."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator

import anyio
import orjson
from anyio.to_thread import run_sync

from compound.errors import CompoundError, ModelError, raised_in_project
from compound.model.call.canonical import to_json
from compound.model.call.types import ModelRequest, ModelResponse, StreamEnd, StreamEvent, TextBlock, TextDelta
from compound.model.provider.solvers import Abstain, find_solver


class OfflineProvider:
    """Answers from `ModelRequest.inputs` with the solver that `request.model` names.

    It uses no language model: no key, no network, no tokens, no cost. The prompt is not read. The same inputs return
    the same answer, so an invalid one is the solver's fault and is not repaired. If the node or the run has a time
    limit, the solver runs in its own thread, which is abandoned on timeout.

    Args:
        package: The project's private package, which contains its solvers; default: solvers outside of projects.
    """

    name = "offline"
    is_deterministic = True

    def __init__(self, package: str = "") -> None:
        self._package = package

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Answer from the solver.

        Raises:
            ProjectError: `model.unknown-solver`.
            ModelError: `model.solver-failed`: the solver raised, or returned a value that is not JSON.
        """
        solve = find_solver(request.model, self._package)
        model = f"solver:{request.model}"
        try:
            if anyio.current_effective_deadline() == math.inf:
                answer = solve(request.inputs)
            else:
                answer = await run_sync(solve, request.inputs, abandon_on_cancel=True)
        except CompoundError:
            raise
        except Exception as error:
            raise ModelError(
                "model.solver-failed",
                f"solver {request.model!r} raised {type(error).__name__}: {error}",
                where=raised_in_project(error),
            ) from error
        if isinstance(answer, Abstain):
            return ModelResponse(
                stop_reason="abstained",
                provider=self.name,
                model=model,
                cost_usd=0.0,
                abstained=True,
                reason=answer.reason,
            )
        try:
            encoded = to_json(answer)
        except (TypeError, ValueError) as error:
            what = f"solver {request.model!r} returned a value that is not JSON: {error}"
            raise ModelError("model.solver-failed", what) from error
        text = answer if isinstance(answer, str) else encoded.decode()
        return ModelResponse(
            text=text,
            data=orjson.loads(encoded),
            content=(TextBlock(text=text),),
            provider=self.name,
            model=model,
            cost_usd=0.0,
        )

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """The whole answer in one piece."""
        response = await self.complete(request)
        if response.text:
            yield TextDelta(text=response.text)
        yield StreamEnd(response=response)
