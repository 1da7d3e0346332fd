"""A Parquet file with INT96 timestamps, as Spark and Impala write them; no library that we use writes any."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

_JULIAN_1970 = 2_440_588
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12


def write_int96(path: Path, ids: Sequence[int], moments: Sequence[datetime], *, inside: str = "") -> int:
    """Two required columns, `id` BIGINT and `at` INT96; the file's size in bytes.

    Args:
        path: The file.
        ids: One number a row.
        moments: One moment a row, in UTC.
        inside: A struct that holds `at`; none when empty.
    """
    columns = [
        (["id"], 2, b"".join(struct.pack("<q", value) for value in ids)),
        ([inside, "at"] if inside else ["at"], 3, b"".join(map(_int96, moments))),
    ]
    data, chunks = b"PAR1", []
    for name, kind, values in columns:
        page = _fields((1, _I32, 0), (2, _I32, len(values)), (3, _I32, len(values)), (5, _STRUCT, _page(len(ids))))
        start, size = len(data), len(page) + len(values)
        data += page + values
        meta = _fields(
            (1, _I32, kind),
            (2, _LIST, (_I32, [0])),
            (3, _LIST, (_BINARY, name)),
            (4, _I32, 0),
            (5, _I64, len(ids)),
            (6, _I64, size),
            (7, _I64, size),
            (9, _I64, start),
        )
        chunks.append(_fields((2, _I64, start), (3, _STRUCT, meta)))
    schema = [_fields((4, _BINARY, "schema"), (5, _I32, 2))]
    schema += [_fields((1, _I32, 2), (3, _I32, 0), (4, _BINARY, "id"))]
    schema += [_fields((3, _I32, 0), (4, _BINARY, inside), (5, _I32, 1))] if inside else []
    schema += [_fields((1, _I32, 3), (3, _I32, 0), (4, _BINARY, "at"))]
    group = _fields((1, _LIST, (_STRUCT, chunks)), (2, _I64, len(data)), (3, _I64, len(ids)))
    footer = _fields((1, _I32, 1), (2, _LIST, (_STRUCT, schema)), (3, _I64, len(ids)), (4, _LIST, (_STRUCT, [group])))
    data += footer + struct.pack("<I", len(footer)) + b"PAR1"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return len(data)


def _int96(moment: datetime) -> bytes:
    clock: time = moment.time()
    seconds = clock.hour * 3_600 + clock.minute * 60 + clock.second
    day = moment.date().toordinal() - date(1970, 1, 1).toordinal() + _JULIAN_1970
    return struct.pack("<qi", seconds * 1_000_000_000 + clock.microsecond * 1_000, day)


def _page(rows: int) -> bytes:
    return _fields((1, _I32, rows), (2, _I32, 0), (3, _I32, 3), (4, _I32, 3))


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _value(kind: int, value: object) -> bytes:
    if kind in (_I32, _I64):
        assert isinstance(value, int)
        return _varint((value << 1) ^ (value >> 63))
    if kind == _BINARY:
        data = str(value).encode()
        return _varint(len(data)) + data
    if kind == _LIST:
        assert isinstance(value, tuple)
        item, items = value
        head = bytes([len(items) << 4 | item]) if len(items) < 15 else bytes([0xF0 | item]) + _varint(len(items))
        return head + b"".join(_value(item, one) for one in items)
    assert isinstance(value, bytes)
    return value


def _fields(*fields: tuple[int, int, object]) -> bytes:
    """A struct of Thrift's compact protocol."""
    out, last = b"", 0
    for number, kind, value in fields:
        out += bytes([(number - last) << 4 | kind]) + _value(kind, value)
        last = number
    return out + b"\x00"
