"""Bytes changed at random, led by what they reach: an input that runs a new line of ours is kept and changed again.

Source: the method of AFL and libFuzzer (Zalewski 2013; Serebryany 2016), with Python's own tracing for coverage.
"""

from __future__ import annotations

import hashlib
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz.targets import ROOT, Target

MOST_BYTES = 20_000
HANG_S = 10
MEMORY_BYTES = 2 * 1024**3
_OURS = str(ROOT / "compound")


class Hang(BaseException):
    """An input took too long."""


@dataclass(slots=True)
class Report:
    """What came of one target.

    Attributes:
        name: The target.
        ran: Inputs.
        understood: Of these, read without an error.
        kept: Inputs that reached something new.
        lines: Lines of ours that were reached.
        slowest_s: Time of the slowest input.
        crashes: Files with an input that was neither understood nor refused.
    """

    name: str
    ran: int = 0
    understood: int = 0
    kept: int = 0
    lines: int = 0
    slowest_s: float = 0.0
    crashes: list[Path] = field(default_factory=list[Path])


@dataclass(slots=True)
class _Reach:
    lines: set[tuple[object, int]] = field(default_factory=set[tuple[object, int]])

    def tracer(self) -> Callable[..., Any]:
        lines = self.lines

        def each_line(frame: FrameType, event: str, arg: object) -> Any:
            if event == "line":
                lines.add((frame.f_code, frame.f_lineno))
            return each_line

        def each_call(frame: FrameType, event: str, arg: object) -> Any:
            return each_line if frame.f_code.co_filename.startswith(_OURS) else None

        return each_call


def mutate(chance: random.Random, data: bytes, other: bytes, words: tuple[bytes, ...]) -> bytes:
    """A few random changes: bits, bytes, words of the target, pieces doubled, moved, or taken from another input."""
    out = bytearray(data)
    for _ in range(1 << chance.randrange(5)):
        at = chance.randrange(len(out) + 1)
        end = min(len(out), at + 1 + int(chance.expovariate(1 / 8)))
        kind = chance.randrange(8)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            out[at:at] = bytes([chance.randrange(256)])
        elif kind == 2:
            del out[at:end]
        elif kind == 3:
            out[at:at] = chance.choice(words)
        elif kind == 4:
            out[at:end] = chance.choice(words)
        elif kind == 5:
            out[at:at] = out[at:end] * chance.choice((1, 2, 50))
        elif kind == 6 and other:
            begin = chance.randrange(len(other))
            out[at:end] = other[begin : begin + chance.randrange(1, 200)]
        else:
            lines = bytes(out).split(b"\n")
            chance_at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
            lines[chance_at], lines[to] = lines[to], lines[chance_at]
            out = bytearray(b"\n".join(lines))
    return bytes(out[:MOST_BYTES])


def _mapped_bytes() -> int:
    """Address space of this process: other tests of the same worker may have mapped gigabytes before."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


@contextmanager
def bounded() -> Generator[None]:
    """Little memory, warnings are errors, and an alarm, in CPU time, for what hangs: a busy machine is not a hang."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, ring)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_mapped_bytes() + MEMORY_BYTES, hard))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def fuzz(target: Target, seconds: float, seed: int, folder: Path) -> Report:
    """Run one target for a while; what crashes it is written to `folder` with the error beside it."""
    chance = random.Random(seed)
    report, reach = Report(target.name), _Reach()
    corpus = list(target.seeds)
    words = tuple(target.words)
    waiting = list(corpus)
    end = time.monotonic() + seconds
    with bounded():
        while waiting or time.monotonic() < end:
            data = waiting.pop() if waiting else mutate(chance, chance.choice(corpus), chance.choice(corpus), words)
            before = len(reach.lines)
            _one(target, data, reach, report, folder)
            if len(reach.lines) > before:
                report.kept += 1
                corpus.append(data)
    report.lines = len(reach.lines)
    return report


def _one(target: Target, data: bytes, reach: _Reach, report: Report, folder: Path) -> None:
    report.ran += 1
    begin = time.perf_counter()
    signal.setitimer(signal.ITIMER_PROF, HANG_S)
    sys.settrace(reach.tracer())
    try:
        target.run(data)
        report.understood += 1
    except target.refuses as error:
        str(error)
    except (Exception, Hang) as error:  # noqa: BLE001 -- that is what is looked for
        sys.settrace(None)
        report.crashes.append(_keep(folder, target.name, data, error))
    finally:
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_PROF, 0)
    report.slowest_s = max(report.slowest_s, time.perf_counter() - begin)


def _keep(folder: Path, name: str, data: bytes, error: BaseException) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    path.with_suffix(".txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return path
