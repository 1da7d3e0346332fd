"""YAML as plain data: what is read, what is refused, and where each thing stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.errors import ProjectError
from compound.spec.yaml import reading
from compound.spec.yaml.reading import read_yaml
from compound.spec.yaml.writing import write_yaml


@dataclass(frozen=True, kw_only=True)
class Refused:
    id: str
    text: str | bytes
    code: str
    place: str = ""


REFUSED = (
    Refused(id="duplicate key", text="a: 1\nb: 2\na: 3\n", code="yaml.duplicate-key", place="f.yaml:3:1"),
    Refused(id="anchor", text="a: &x 1\nb: 2\n", code="yaml.anchor", place="f.yaml:1:4"),
    Refused(id="alias", text="a: &x {b: 1}\nc: *x\n", code="yaml.anchor", place="f.yaml:1:4"),
    Refused(id="merge key", text="a:\n  <<: {b: 1}\n", code="yaml.merge-key", place="f.yaml:2:3"),
    Refused(id="python tag", text="a: !!python/object:os.system x\n", code="yaml.tag", place="f.yaml:1:4"),
    Refused(id="own tag", text="a: !x 1\n", code="yaml.tag", place="f.yaml:1:4"),
    Refused(id="two documents", text="a: 1\n---\nb: 2\n", code="yaml.many-documents", place="f.yaml:2:1"),
    Refused(id="broken", text="a: [1, 2\nb: 3\n", code="yaml.broken"),
    Refused(id="tab", text="a:\n\t- 1\n", code="yaml.broken", place="f.yaml:2:1"),
    Refused(id="not UTF-8", text=b"a: 1\nb: \xff\n", code="yaml.not-utf8", place="f.yaml:2"),
    Refused(id="too large", text="a: " + "x" * 1_000_001, code="yaml.too-large", place="f.yaml"),
    Refused(id="too deep", text="a: " + "[" * 60 + "]" * 60, code="yaml.too-deep"),
    Refused(id="far too deep", text="[" * 100_000, code="yaml."),
    Refused(id="long number", text="a: " + "9" * 400, code="yaml.bad-number", place="f.yaml:1:4"),
    Refused(id="infinite", text="a: 1e999", code="yaml.bad-number", place="f.yaml:1:4"),
    Refused(id="private-use character", text="a: \ue001", code="yaml.bad-character", place="f.yaml:1"),
    Refused(id="half a character", text='a:\n  - "\\ud83d"', code="yaml.bad-character", place="f.yaml:2:5"),
    Refused(id="half a character in a key", text='{"\\udc00": 1}', code="yaml.bad-character", place="f.yaml:1:2"),
    Refused(id="half a character as it is", text="a: 1\nb: \ud83d", code="yaml.bad-character", place="f.yaml:2"),
    Refused(id="very many values", text="[" + "1," * 300_000 + "1]", code="yaml.too-many", place="f.yaml:1:50000"),
    Refused(id="brackets that never close", text="a: {b: " + "list[" * 190_000, code="yaml."),
    Refused(id="a key that is a list", text="[1]: 2", code="yaml.bad-key", place="f.yaml:1:1"),
    Refused(id="a laugh", text="a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]", code="yaml.anchor"),
)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_refused(case: Refused) -> None:
    with pytest.raises(ProjectError) as caught:
        read_yaml(case.text, "f.yaml")
    assert caught.value.code.startswith(case.code)
    if case.place:
        assert str(caught.value.where) == case.place


def test_scalars_follow_the_core_schema() -> None:
    data = read_yaml("{a: no, b: on, c: 2026-01-31, d: true, e: ~, f: 0x1F, g: 1.5, h: '1', i: -3, j: 1_000}", "f").data
    assert data == {
        "a": "no",
        "b": "on",
        "c": "2026-01-31",
        "d": True,
        "e": None,
        "f": "0x1F",
        "g": 1.5,
        "h": "1",
        "i": -3,
        "j": "1_000",
    }


def test_a_reference_with_a_position_may_stand_unquoted_in_flow_mappings() -> None:
    text = 'a: {x: $found[0].id, y: [$found[1].tags[2], $b?[0]], z: "$$[0]"}  # $c[0]\n'
    assert read_yaml(text, "f").data == {"a": {"x": "$found[0].id", "y": ["$found[1].tags[2]", "$b?[0]"], "z": "$$[0]"}}


def test_types_may_stand_unquoted_in_flow_mappings() -> None:
    text = "T: {a: enum(x, y), b: list[enum(p, q)]?, c: list[str], d: 1}"
    document = read_yaml(text, "f")
    assert document.data == {"T": {"a": "enum(x, y)", "b": "list[enum(p, q)]?", "c": "list[str]", "d": 1}}
    assert str(document.source.key(("T", "d"))) == f"f:1:{text.index('d: 1') + 1}"


def test_places() -> None:
    source = read_yaml("a:\n  b: [1, {c: 2}]\n", "f").source
    assert str(source.key(("a", "b"))) == "f:2:3"
    assert str(source.value(("a", "b", 1, "c"))) == "f:2:14"
    assert str(source.value(("a", "nothing"))) == "f:2:3"
    assert str(source.value(())) == "f:1:1"


def test_an_empty_file_is_null() -> None:
    assert read_yaml("", "f").data is None
    assert read_yaml("# only a comment\n", "f").data is None


text = st.text(
    st.characters(
        codec="utf-8",
        exclude_categories=["Cs", "Cc", "Co", "Cn"],
        exclude_characters="\u2028\u2029\ufeff\x85",
    ),
    max_size=20,
)
scalars = (
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False) | text
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(values)
def test_what_is_written_is_read_back(value: object) -> None:
    data = {"top": value}
    assert read_yaml(write_yaml(data), "f").data == data  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet="ab:-[]{}&*!|>'\"?,# \n\t<%@`$", max_size=40))
def test_no_bytes_crash_the_reader(content: bytes | str) -> None:
    try:
        read_yaml(content, "f")
    except ProjectError as error:
        assert error.code.startswith("yaml.")  # noqa: PT017 - any other exception is the failure


def test_a_file_that_is_read_twice_is_parsed_once_and_each_reader_may_change_its_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[str] = []
    mask = reading._mask  # pyright: ignore[reportPrivateUsage]

    def counted(text: str) -> str:
        parsed.append(text)
        return mask(text)

    monkeypatch.setattr(reading, "_mask", counted)
    text = "read: {twice: [1, 2]}\n"
    first, second = read_yaml(text, "twice.yaml"), read_yaml(text.encode(), "twice.yaml")
    assert parsed == [text]
    cast("Any", first.data)["read"]["twice"].append(3)
    assert second.data == read_yaml(text, "twice.yaml").data == {"read": {"twice": [1, 2]}}
    assert str(read_yaml(text, "other.yaml").source.value(["read"])).startswith("other.yaml:1")
    assert len(parsed) == 2
