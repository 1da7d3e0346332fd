"""Cards of a picture: one for a node, or one for several nodes with the same neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from compound.graph.drawing.picture import INPUT, LOOKS, OUTPUT, Arrow, Box, Picture

PAD: Final = 10.0
BAR: Final = 4.0
LINE: Final = 16.0
ROW: Final = 24.0
ROW_GAP: Final = 4.0
BADGE: Final = 20.0
NAME_PX: Final = 13.0
SMALL_PX: Final = 11.0
_FEWEST_TOGETHER: Final = 3
_LONGEST: Final = 46
_NARROW: Final = frozenset("iljtfrI.,:;'|!()[]{} ")
_WIDE: Final = frozenset("mwMW@%&—→")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One piece of the picture.

    Attributes:
        name: Name of its first node; arrows refer to it.
        head: The node, or the block around `rows`; None for a group of nodes.
        rows: The nodes inside.
        when: The condition that all of it shares; empty for none.
    """

    name: str
    head: Box | None
    rows: tuple[Box, ...] = ()
    when: str = ""

    @property
    def is_end(self) -> bool:
        """Whether it is the graph's input or output."""
        return self.head is not None and self.head.kind in {INPUT, OUTPUT}

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels, with room for wide fonts."""
        if self.is_end:
            return 84.0, 28.0
        badge = BADGE if any(box.mark is not None for box in (self.head, *self.rows) if box is not None) else 0.0
        head = head_lines(self)
        widths = [text_width(line, NAME_PX if number == 0 else SMALL_PX) for number, line in enumerate(head)]
        height = 2 * 8.0 + len(head) * LINE - (4.0 if head else 0.0)
        if self.rows:
            names = max(text_width(box.name, NAME_PX) for box in self.rows)
            widths.append(names + 14 + max(text_width(row_detail(box), SMALL_PX) for box in self.rows) + 2 * PAD)
            height += len(self.rows) * (ROW + ROW_GAP) + (6.0 if head else -ROW_GAP)
        if self.when and self.head is None:
            widths.append(text_width(when_of(self.when), SMALL_PX))
            height += LINE + 4
        return max(max(widths) + BAR + 2 * PAD + badge, 84.0), height


def cards(drawn: Picture) -> tuple[tuple[Card, ...], tuple[Arrow, ...]]:
    """The cards of a picture, and the arrows between them.

    Nodes with the same upstream and downstream nodes and the same condition look the same in a picture; three or more
    of them are one card.
    """
    together = _together(drawn)
    home = {name: names[0] for names in together for name in names}
    boxes = {box.name: box for box in drawn.boxes}
    made: list[Card] = []
    for box in drawn.boxes:
        if home.get(box.name, box.name) != box.name:
            continue
        if box.name in home:
            names = next(names for names in together if names[0] == box.name)
            made.append(Card(name=box.name, head=None, rows=tuple(boxes[name] for name in names), when=box.when))
        else:
            made.append(Card(name=box.name, head=box, rows=box.inner, when=box.when))
    arrows = dict.fromkeys(
        Arrow(home.get(one.source, one.source), home.get(one.target, one.target), one.is_order) for one in drawn.arrows
    )
    return tuple(made), tuple(arrows)


def _together(drawn: Picture) -> list[tuple[str, ...]]:
    sources: dict[str, set[tuple[str, bool]]] = {box.name: set() for box in drawn.boxes}
    targets: dict[str, set[tuple[str, bool]]] = {box.name: set() for box in drawn.boxes}
    for arrow in drawn.arrows:
        sources[arrow.target].add((arrow.source, arrow.is_order))
        targets[arrow.source].add((arrow.target, arrow.is_order))
    alike: dict[object, list[str]] = {}
    for box in drawn.boxes:
        # A node where a run is stored keeps a card of its own.
        if box.kind not in {INPUT, OUTPUT} and not LOOKS[box.kind].is_solid and not box.inner:
            key = (frozenset(sources[box.name]), frozenset(targets[box.name]), box.when)
            alike.setdefault(key, []).append(box.name)
    return [tuple(names) for names in alike.values() if len(names) >= _FEWEST_TOGETHER]


def head_lines(card: Card) -> list[str]:
    """The lines at the head of a card, the name first."""
    box = card.head
    if box is None:
        return []
    when = [when_of(card.when)] if card.when else []
    return [box.name, detail_of(box), *when, *_label(box)]


def detail_of(box: Box) -> str:
    """Kind, and the part that it calls."""
    return shortened(f"{box.kind} · {box.detail}" if box.detail else box.kind)


def row_detail(box: Box) -> str:
    """Kind and part of a node inside a card, with what a run did there."""
    return " · ".join([detail_of(box), *_label(box)])


def _label(box: Box) -> list[str]:
    return [shortened(box.mark.label)] if box.mark is not None and box.mark.label else []


def when_of(condition: str) -> str:
    """A condition in display form."""
    return shortened(f"when {condition}")


def shortened(text: str, limit: int = _LONGEST) -> str:
    """At most this many characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def text_width(text: str, size_px: float) -> float:
    """Estimated pixels of a text in a wide sans-serif font, names in bold; nothing is measured."""
    bold = 1.1 if size_px == NAME_PX else 1.0
    return bold * size_px * sum(0.38 if char in _NARROW else 0.95 if char in _WIDE else 0.62 for char in text)
