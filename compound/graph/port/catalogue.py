"""What a project offers, for checks: names and schemas; nothing runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from compound.errors import ProjectError
from compound.spec.steps import Shelf

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.language.types import Type
    from compound.spec.graph_file import GraphSpec
    from compound.spec.policy_file import PolicyFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The interface of a part that a node calls.

    Both schemas may have `x-compound` (see `compound.language.marks`): marks of parameters, proven results.

    Attributes:
        params: JSON schema of the inputs (an object); None if unknown.
        output: JSON schema of the node's value (for a SQL tool that returns many: an array); None if unknown.
        can_stop: Whether a timeout can end a call: it awaits, or runs in a thread of its own.
        is_repeatable: Whether equal inputs and versions have equal values, so that they may be cached.
        is_wide: Whether it reads rows of everybody, so that no model may call it.
        tells_texts: Whether its value is text of outside people, like retrieved text, for any input.
        is_message: Whether it is an effect that sends a message, which cannot be recalled.
    """

    params: Mapping[str, JsonValue] | None = None
    output: Mapping[str, JsonValue] | None = None
    can_stop: bool = True
    is_repeatable: bool = True
    is_wide: bool = False
    tells_texts: bool = False
    is_message: bool = False


class Catalogue(Protocol):
    """The project's names. `compound.project` implements it."""

    @property
    def has_state(self) -> bool:
        """Whether a state store exists, so that reviews and effects are possible."""
        ...

    def names(self, shelf: Shelf) -> Sequence[str] | None:
        """Every name on a shelf; None if unknown here, and then not checked.

        For `specialist` the references that resolve now (`intent@production`); for `prompt` paths as in the graph
        file.
        """
        ...

    def signature(self, shelf: Shelf, name: str) -> Signature | None:
        """Inputs and value of a name; None if unknown."""
        ...

    def prompt(self, path: str) -> str | None:
        """Lines of a prompt file; None if it does not exist."""
        ...

    def prompt_file(self, path: str) -> str:
        """A prompt file's path as the user would type it: the place of its findings."""
        ...

    def graph(self, name: str) -> GraphSpec | None:
        """Another graph of the project; None if it does not exist or cannot be read."""
        ...

    def policy(self, name: str) -> PolicyFile | None:
        """A policy of the project; None if it does not exist or cannot be read."""
        ...

    def python_type(self, place: str) -> Type:
        """The Python type at `types.py:Letter`.

        Raises:
            ProjectError: The file or name does not exist, or JSON has no such type.
        """
        ...


class EmptyCatalogue:
    """A catalogue without names: nothing that needs one is checked."""

    @property
    def has_state(self) -> bool:
        """True: reviews and effects are possible."""
        return True

    def names(self, shelf: Shelf) -> Sequence[str] | None:
        """None: unknown here."""
        del shelf
        return None

    def signature(self, shelf: Shelf, name: str) -> Signature | None:
        """None: unknown."""
        del shelf, name
        return None

    def prompt(self, path: str) -> str | None:
        """None: no prompts."""
        del path
        return None

    def prompt_file(self, path: str) -> str:
        """The path itself."""
        return path

    def graph(self, name: str) -> GraphSpec | None:
        """None: no graphs."""
        del name
        return None

    def policy(self, name: str) -> PolicyFile | None:
        """None: no policies."""
        del name
        return None

    def python_type(self, place: str) -> Type:
        """Raise: there are no types.

        Raises:
            ProjectError: ``project.unknown-type``.
        """
        raise ProjectError("project.unknown-type", f"no type exists at {place}")


class Remembered:
    """A catalogue that caches the answers of another one, for the time of one check.

    Args:
        asked: The catalogue with the answers.
    """

    def __init__(self, asked: Catalogue) -> None:
        self._asked = asked
        self._names: dict[Shelf, Sequence[str] | None] = {}
        self._signatures: dict[tuple[Shelf, str], Signature | None] = {}
        self._prompts: dict[str, str | None] = {}
        self._graphs: dict[str, GraphSpec | None] = {}

    @property
    def has_state(self) -> bool:
        """Whether a state store exists."""
        return self._asked.has_state

    def names(self, shelf: Shelf) -> Sequence[str] | None:
        """Every name on a shelf."""
        if shelf not in self._names:
            self._names[shelf] = self._asked.names(shelf)
        return self._names[shelf]

    def signature(self, shelf: Shelf, name: str) -> Signature | None:
        """Inputs and value of a name."""
        key = (shelf, name)
        if key not in self._signatures:
            self._signatures[key] = self._asked.signature(shelf, name)
        return self._signatures[key]

    def prompt(self, path: str) -> str | None:
        """Text of a prompt file."""
        if path not in self._prompts:
            self._prompts[path] = self._asked.prompt(path)
        return self._prompts[path]

    def prompt_file(self, path: str) -> str:
        """A prompt file's path."""
        return self._asked.prompt_file(path)

    def graph(self, name: str) -> GraphSpec | None:
        """Another graph."""
        if name not in self._graphs:
            self._graphs[name] = self._asked.graph(name)
        return self._graphs[name]

    def policy(self, name: str) -> PolicyFile | None:
        """A policy of the project."""
        return self._asked.policy(name)

    def python_type(self, place: str) -> Type:
        """The Python type at a place."""
        return self._asked.python_type(place)
