"""A stand-in for the package of this name, which the tests do not install: the wire format is the one of its model."""

from __future__ import annotations

from typing import Any

from tests.support.models.wire_chat import WireChat


class ChatOpenAI(WireChat):
    """A chat model behind `{base_url}/chat/completions`."""

    async def _agenerate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        asked = self.model_copy(update={"base_url": f"{self.base_url}/chat/completions"})
        return await WireChat._agenerate(asked, messages, stop, run_manager, **kwargs)
