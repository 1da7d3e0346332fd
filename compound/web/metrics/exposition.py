"""The text format of Prometheus, version 0.0.4."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of a metric under its labels.

    Attributes:
        suffix: `_bucket`, `_sum` and `_count` of a histogram; empty otherwise.
    """

    value: float
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its samples.

    Attributes:
        name: `compound_...`, with its unit; counters end in `_total`.
        help: What it counts, in one sentence.
    """

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    help: str
    samples: Sequence[Sample]


def histogram(bounds: Sequence[float], counts: Sequence[int], total: float, labels: Mapping[str, str]) -> list[Sample]:
    """The samples of a histogram.

    Args:
        bounds: Upper bounds of its buckets, ascending, without infinity.
        counts: Values of each bucket alone; one more than bounds, for those above the last.
        total: Sum of all values.
        labels: Its labels.
    """
    samples: list[Sample] = []
    seen = 0
    for bound, count in zip((*bounds, math.inf), counts, strict=True):
        seen += count
        samples.append(Sample(seen, {**labels, "le": _number(bound)}, "_bucket"))
    return [*samples, Sample(total, labels, "_sum"), Sample(seen, labels, "_count")]


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics as text."""
    lines: list[str] = []
    for metric in metrics:
        told = metric.help.replace("\\", "\\\\").replace("\n", "\\n")
        lines += [f"# HELP {metric.name} {told}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [_line(metric.name, sample) for sample in metric.samples]
    return "\n".join(lines) + "\n"


def _line(name: str, sample: Sample) -> str:
    pairs = ",".join(f'{key}="{_escaped(value)}"' for key, value in sample.labels.items())
    return f"{name}{sample.suffix}{f'{{{pairs}}}' if pairs else ''} {_number(sample.value)}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
