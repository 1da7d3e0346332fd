"""Assembles the events of a stream into the complete message."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from compound.language.json_text import read_json, whole_characters
from compound.model.call.types import StreamAlive, StreamEvent, TextDelta, ThinkingDelta, ToolDelta
from compound.model.provider.anthropic_wire import no_answer, shown

if TYPE_CHECKING:
    from pydantic import JsonValue

    Json = dict[str, JsonValue]


class MessageBuilder:
    """Assembles the events of one stream.

    The SDK's own accumulator is not used: it reads a stream that stops early as a finished message.
    """

    def __init__(self) -> None:
        self.message: Json = {}
        self.is_finished = False
        self._blocks: dict[int, Json] = {}
        self._json: dict[int, str] = {}
        self._half = ""

    def add(self, event: JsonValue) -> StreamEvent:
        """Add an event; returns its content for the reader, or a heartbeat.

        Raises:
            ModelError: ``model.bad-answer``: it is not an event of the API.
        """
        try:
            return self._add(cast("Json", event))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise no_answer(f"the stream has an event that cannot be read ({error!r}): {shown(event)}") from error

    def _add(self, event: Json) -> StreamEvent:
        match event["type"]:
            case "message_start":
                self.message = {**cast("Json", event["message"]), "content": []}
            case "content_block_start":
                self._blocks[cast("int", event["index"])] = dict(cast("Json", event["content_block"]))
            case "content_block_delta":
                index = cast("int", event["index"])
                return self._delta(index, self._blocks[index], cast("Json", event["delta"]))
            case "message_delta":
                self.message.update(cast("Json", event["delta"]))
                usage = {**cast("Json", self.message.get("usage") or {})}
                changed = cast("Json", event.get("usage") or {})
                usage.update({name: value for name, value in changed.items() if value is not None})
                self.message["usage"] = usage
            case "message_stop":
                self._finish()
            case _:
                pass
        return StreamAlive()

    def _delta(self, index: int, block: Json, delta: Json) -> StreamEvent:
        match delta.get("type"):
            case "text_delta":
                block["text"] = f"{block.get('text') or ''}{delta['text']}"
                return self._told(str(delta["text"]))
            case "thinking_delta":
                block["thinking"] = f"{block.get('thinking') or ''}{delta['thinking']}"
                return ThinkingDelta(text=whole_characters(str(delta["thinking"])))
            case "signature_delta":
                block["signature"] = delta["signature"]
            case "input_json_delta":
                piece = str(delta["partial_json"])
                self._json[index] = self._json.get(index, "") + piece
                return ToolDelta(index=index, json_text=whole_characters(piece))
            case "citations_delta":
                block["citations"] = [
                    *cast("list[JsonValue]", block.get("citations") or []),
                    delta["citation"],
                ]
            case _:
                block.update({name: value for name, value in delta.items() if name != "type"})
        return StreamAlive()

    def _told(self, piece: str) -> StreamEvent:
        # A character may be split: its first half is kept until the second arrives.
        piece = self._half + piece
        self._half = piece[-1:] if "\ud800" <= piece[-1:] <= "\udbff" else ""
        said = whole_characters(piece.removesuffix(self._half) if self._half else piece)
        return TextDelta(text=said) if said else StreamAlive()

    def _finish(self) -> None:
        stop = self.message.get("stop_reason")
        for index, text in self._json.items():
            try:
                self._blocks[index]["input"] = read_json(text or "{}")
            except ValueError:
                # A cut off answer ends inside the arguments; it is discarded anyway.
                if stop == "tool_use":
                    raise
                self._blocks[index]["input"] = {}
        self.message["content"] = [self._blocks[index] for index in sorted(self._blocks)]
        self.is_finished = "type" in self.message
