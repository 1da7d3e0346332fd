"""Python tools as graphs call them, with a folder for the files that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compound.tool.artifacts import keeping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from compound.connector.artifacts import ArtifactStore, StoredFile
    from compound.model.call.types import CallKey
    from compound.tool import Function


class RunFunction:
    """A `KeyedCall`: a function whose files are stored with the run that calls it."""

    def __init__(self, function: Function[..., Any], store: ArtifactStore) -> None:
        self._function = function
        self._store = store

    async def __call__(self, inputs: Mapping[str, JsonValue], /) -> JsonValue:
        """Call it outside a run: it cannot store files."""
        return await self._function.call(inputs)

    async def keyed(self, inputs: Mapping[str, JsonValue], *, call: CallKey) -> JsonValue:
        """Call it for a run."""

        def put(data: bytes, name: str, media_type: str) -> StoredFile:
            return self._store.put(call.run_id, data, name=name, media_type=media_type)

        with keeping(put):
            return await self._function.call(inputs)
