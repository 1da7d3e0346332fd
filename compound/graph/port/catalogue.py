"""What a project offers, as far as a check needs it: names and schemas, nothing is run."""

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
    """The two sides of something a node calls.

    Both schemas may carry `x-compound` (see `compound.language.marks`): what a parameter stands for, what is proven.

    Attributes:
        params: JSON schema of the inputs (an object); None when unknown.
        output: JSON schema of the value as the node gives it (for a SQL tool that returns many: an array);
            None when unknown.
        can_stop: A timeout ends a call: it awaits, or runs in a thread of its own.
        is_repeatable: Equal inputs and equal versions give equal values: its values may be cached.
        is_wide: It reads rows of everybody, so no model may call it.
        tells_texts: Its value is what people outside wrote, as retrieved text is: whatever it is given.
    """

    params: Mapping[str, JsonValue] | None = None
    output: Mapping[str, JsonValue] | None = None
    can_stop: bool = True
    is_repeatable: bool = True
    is_wide: bool = False
    tells_texts: bool = False


class Catalogue(Protocol):
    """The project's names. `compound.project` implements it."""

    @property
    def has_state(self) -> bool:
        """There is a state store, so that reviews and effects are possible."""
        ...

    def names(self, shelf: Shelf) -> Sequence[str] | None:
        """Every name on a shelf; None when it cannot be known here, and is then not checked.

        For `specialist` the references that resolve now (`intent@production`); for `prompt` paths as the
        graph file writes them.
        """
        ...

    def signature(self, shelf: Shelf, name: str) -> Signature | None:
        """Inputs and value of a name; None when unknown."""
        ...

    def prompt(self, path: str) -> str | None:
        """Text of a prompt file, line for line; None when there is none."""
        ...

    def prompt_file(self, path: str) -> str:
        """A prompt file's path as the user would type it: where its findings stand."""
        ...

    def graph(self, name: str) -> GraphSpec | None:
        """Another graph of the project; None when it is not there or cannot be read."""
        ...

    def policy(self, name: str) -> PolicyFile | None:
        """A policy of the project; None when it is not there or cannot be read."""
        ...

    def python_type(self, place: str) -> Type:
        """The type that Python declares at `types.py:Ticket`.

        Raises:
            ProjectError: There is no such file or name, or it is no type that JSON can hold.
        """
        ...


class EmptyCatalogue:
    """A catalogue that knows no name: nothing that needs one is checked."""

    @property
    def has_state(self) -> bool:
        """There is a state store."""
        return True

    def names(self, shelf: Shelf) -> Sequence[str] | None:
        """None: cannot be known here."""
        del shelf
        return None

    def signature(self, shelf: Shelf, name: str) -> Signature | None:
        """None: unknown."""
        del shelf, name
        return None

    def prompt(self, path: str) -> str | None:
        """None: there is none."""
        del path
        return None

    def prompt_file(self, path: str) -> str:
        """The path itself."""
        return path

    def graph(self, name: str) -> GraphSpec | None:
        """None: there is none."""
        del name
        return None

    def policy(self, name: str) -> PolicyFile | None:
        """None: there is none."""
        del name
        return None

    def python_type(self, place: str) -> Type:
        """There are no types.

        Raises:
            ProjectError: ``project.unknown-type``.
        """
        raise ProjectError("project.unknown-type", f"there is no type at {place}")


class Remembered:
    """A catalogue that is asked each question once: for the time of one check.

    Args:
        asked: Who is asked.
    """

    def __init__(self, asked: Catalogue) -> None:
        self._asked = asked
        self._names: dict[Shelf, Sequence[str] | None] = {}
        self._signatures: dict[tuple[Shelf, str], Signature | None] = {}
        self._prompts: dict[str, str | None] = {}
        self._graphs: dict[str, GraphSpec | None] = {}

    @property
    def has_state(self) -> bool:
        """There is a state store."""
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
        """The type that Python declares at a place."""
        return self._asked.python_type(place)
