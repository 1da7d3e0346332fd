"""What every kind of node has, and the facts of a kind that the rooms above ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final, Literal, cast

from pydantic import Field, JsonValue

from compound.spec.words import ConditionText, NodeName, Strict

if TYPE_CHECKING:
    from compound.spec.yaml.reading import DataPath

Shelf = Literal["tool", "check", "sql", "effect", "retriever", "specialist", "model", "prompt", "graph", "policy"]
"""Where a project keeps what nodes name."""

_SHELVES: Final[dict[str, Shelf]] = {"sql": "sql", "retrieve": "retriever"}


def tool_shelf(ref: str) -> tuple[Shelf, str]:
    """Where a tool of an agent lies: `sql.orders` is `orders` among the SQL tools, `orders` a function."""
    lead, dot, name = ref.partition(".")
    return (_SHELVES[lead], name) if dot and lead in _SHELVES else ("tool", ref)


class Step(Strict):
    """What every node and block has.

    The class attributes are the facts of a kind: the spec's half of the table of kinds. The runners are in
    `graph/node/binding.py`, the looks in `graph/drawing/picture.py`.

    Attributes:
        NAMES: Fields that name something of the project, each with its shelf; the first is what the node calls.
        is_model: A model makes the value.
    """

    NAMES: ClassVar[tuple[tuple[str, Shelf], ...]] = ()
    is_model: ClassVar[bool] = False

    when: ConditionText | None = Field(default=None, description="Run only if this holds; otherwise skipped.")
    after: tuple[NodeName, ...] = Field(default=(), description="Only order: these first, without using their values.")
    description: str = Field(default="", description="For people; shown in traces and pictures.")

    @property
    def kind(self) -> str:
        """The word after `use:`; of a block `repeat` or `map`."""
        return str(getattr(self, "use", ""))

    @property
    def is_boundary(self) -> bool:
        """A run is stored here: it may pause, or the world changes."""
        return False

    @property
    def callee(self) -> tuple[Shelf, str] | None:
        """Shelf and name of what is called with `in`; None where it is a model, nothing, or several effects."""
        for field, shelf in self.NAMES[:1]:
            name = getattr(self, field)
            return (shelf, name) if name is not None and shelf != "model" else None
        return None

    def named(self) -> Iterator[tuple[Shelf, DataPath, str]]:
        """Everything that it takes from the project: shelf, key in the node, name."""
        for field, shelf in self.NAMES:
            key, found = type(self).model_fields[field].alias or field, getattr(self, field)
            if isinstance(found, str):
                yield shelf, (key,), found
            for index, name in enumerate(found if isinstance(found, tuple) else ()):
                yield shelf, (key, index), cast("str", name)

    def given(self) -> Iterator[tuple[DataPath, JsonValue]]:
        """Every value that it must be given to run, with its key in the node; not its condition."""
        yield ("in",), cast("JsonValue", getattr(self, "inputs", {}))


class Boundary(Step):
    """A review or an effect: it is not tried again, cached, timed or answered for."""

    timeout: ClassVar[None] = None
    fallback: ClassVar[None] = None
    retry: ClassVar[None] = None
    cache: ClassVar[None] = None
    out: ClassVar[None] = None

    @property
    def is_boundary(self) -> bool:
        """A run is stored here: it may pause, or the world changes."""
        return True
