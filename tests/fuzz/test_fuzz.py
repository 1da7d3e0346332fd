"""The short version of `make fuzz`: each target for a moment, always the same inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.byte_fuzzer import fuzz
from tests.fuzz.targets import Target, targets


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_every_input_is_understood_or_refused(target: Target, tmp_path: Path) -> None:
    report = fuzz(target, seconds=0.5, seed=1, folder=tmp_path)
    assert not report.crashes, "\n".join(path.with_suffix(".txt").read_text() for path in report.crashes[:3])
    assert report.understood
    assert report.kept


def test_a_crash_is_kept_with_its_error(tmp_path: Path) -> None:
    def falls(content: bytes) -> None:
        if b"!" in content:
            raise KeyError("fell over")

    report = fuzz(Target("falling", falls, (ValueError,), [b"a", b"b!"], [b"!"]), 0.2, 1, tmp_path)
    assert any(path.read_bytes() == b"b!" for path in report.crashes)
    assert all("fell over" in path.with_suffix(".txt").read_text() for path in report.crashes)
