"""What effects change, opened when the first effect needs it: a graph without effects opens no shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compound.effect import EffectTarget


class Targets(Mapping[str, "EffectTarget"]):
    """Targets by name, as `@effect(target=...)` writes them.

    Args:
        makers: Name to what opens the target; each opens it once.
    """

    def __init__(self, makers: Mapping[str, Callable[[], EffectTarget]]) -> None:
        self._makers = makers

    def __getitem__(self, name: str) -> EffectTarget:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
