"""A picture of a query's rows: bars for kinds, a line for a course in time."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict

from compound.tool import Artifact, AskAnswer, keep, tool

from .result_tables import cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator

MOST_BARS, MOST_POINTS = 20, 400
_INK, _QUIET, _BAR = "#1f2933", "#7b8794", "#2f6f9f"


class Chart(TypedDict):
    """A picture, or why there is none; `note` names the rows that are not in it."""

    picture: Artifact | None
    why: str
    note: str


@tool(blocking=True)
def draw_chart(
    answer: AskAnswer,
    chart: Literal["bar", "line", "none"],
    title: str,
    x: str | None = None,
    y: str | None = None,
    unit: str | None = None,
) -> Chart:
    """Draw the rows of an answer as a PNG.

    Args:
        answer: The rows.
        chart: The kind of chart; `none` draws nothing.
        title: Its title, with units if the figures have any.
        x: Column of the labels; default the first.
        y: Column of the figures; default the last.
        unit: Unit of the figures: `USD`.
    """
    if chart == "none":
        return _none("a chart was not asked for")
    if len(answer.rows) < 2:
        return _none("one figure needs no picture")
    names = [column["name"] for column in answer.columns]
    across, up = x or names[0], y or names[-1]
    if across not in names or up not in names or across == up:
        return _none(f"{across!r} and {up!r} are not two columns of the rows: {', '.join(names)}")
    most = MOST_BARS if chart == "bar" else MOST_POINTS
    rows = answer.rows[:most]
    figures = [row[up] for row in rows]
    if not all(isinstance(figure, int | float) and not isinstance(figure, bool) for figure in figures):
        return _none(f"{up!r} has a value that is not a number")
    if find_spec("matplotlib") is None:
        return _none("no chart library is installed: pip install 'compound[charts]'")
    labels = [cell(row[across]) or "(none)" for row in rows]
    values = [float(figure) for figure in figures if isinstance(figure, int | float)]
    left = len(answer.rows) - len(rows)
    note = f"the first {most} of {len(answer.rows)} rows are drawn" if left else ""
    axis = f"{up.replace('_', ' ')}{f' ({unit})' if unit else ''}"
    png = _picture(chart, labels, values, _Words(title=title, x=across.replace("_", " "), y=axis, note=note))
    return Chart(picture=keep(png, name=title or "chart", media_type="image/png"), why="", note=note)


class _Words(TypedDict):
    title: str
    x: str
    y: str
    note: str


def _none(why: str) -> Chart:
    return Chart(picture=None, why=why, note="")


def _picture(chart: str, labels: Sequence[str], values: Sequence[float], words: _Words) -> bytes:
    # A figure of its own: pyplot keeps every figure in global state, and runs are concurrent.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    tall = 1.6 + 0.3 * len(labels) if chart == "bar" else 4.0
    figure = Figure(figsize=(8, max(tall, 2.4)), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    title = "\n".join(textwrap.wrap(words["title"], 64)) or words["y"]
    axes.set_title(title, loc="left", color=_INK, fontsize=13, pad=12)
    _bars(axes, labels, values, words) if chart == "bar" else _line(axes, labels, values, words)
    axes.tick_params(colors=_INK, length=0)
    for side in ("top", "right", "left" if chart == "bar" else "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_QUIET)
    if words["note"]:
        figure.supxlabel(words["note"], x=0.01, ha="left", fontsize=8, color=_QUIET)
    out = io.BytesIO()
    # Without the program's name and version, equal rows give equal bytes.
    FigureCanvasAgg(figure).print_png(out, metadata={"Software": None})
    return out.getvalue()


def _bars(axes: Axes, labels: Sequence[str], values: Sequence[float], words: _Words) -> None:
    """Horizontal bars, the first on top: their labels may be long."""
    places = list(range(len(labels)))
    bars = axes.barh(places, values, color=_BAR, height=0.7)
    axes.set_yticks(places, ["\n".join(textwrap.wrap(label, 28, max_lines=2, placeholder=" …")) for label in labels])
    axes.invert_yaxis()
    whole = all(value.is_integer() for value in values)
    axes.bar_label(bars, [cell(int(value) if whole else value) for value in values], padding=4, color=_INK, fontsize=9)
    axes.margins(x=0.14, y=0.02)
    axes.axvline(0, color=_QUIET, linewidth=0.8)
    axes.set_xlabel(words["y"], color=_INK)
    axes.set_ylabel(words["x"], color=_INK)
    axes.xaxis.set_major_formatter(_tick)
    axes.xaxis.set_major_locator(_ticks())
    axes.grid(axis="x", color=_QUIET, alpha=0.25)
    axes.set_axisbelow(True)


def _line(axes: Axes, labels: Sequence[str], values: Sequence[float], words: _Words) -> None:
    places = list(range(len(labels)))
    axes.plot(places, values, color=_BAR, linewidth=2, marker="o" if len(labels) <= 40 else "", markersize=4)
    step = max(1, -(-len(labels) // 12))
    is_tight = len(labels) > 6
    axes.set_xticks(
        places[::step], labels[::step], rotation=30 if is_tight else 0, ha="right" if is_tight else "center"
    )
    # Start at zero, so that a small change does not look large; below it if there are negative figures.
    axes.set_ylim(bottom=min(0.0, *values), top=max(values) * 1.08 if max(values) > 0 else 0.0)
    axes.yaxis.set_major_formatter(_tick)
    axes.yaxis.set_major_locator(_ticks())
    axes.set_xlabel(words["x"], color=_INK)
    axes.set_ylabel(words["y"], color=_INK)
    axes.grid(axis="y", color=_QUIET, alpha=0.25)


def _tick(value: float, _place: object) -> str:
    """Whole figures without decimals, and no `-0`."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.10g}"


def _ticks() -> MaxNLocator:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10])
