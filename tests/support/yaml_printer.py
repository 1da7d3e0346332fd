"""Writes data as YAML in many ways, with comments and blank lines wherever YAML lets one stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

PLAIN: Final = re.compile(r"[a-z$][a-zA-Z0-9_.$#]*( [a-z$?][a-zA-Z0-9_.$?]*)*")
"""Texts that need no quotes anywhere."""


@dataclass
class Printer:
    draw: Any
    made: int = 0
    deepest: int = 99
    """Where a comment may begin: behind a text of several lines it would be part of the text."""

    def maybe(self, chance: int = 3) -> bool:
        return self.draw(st.integers(0, chance)) == chance

    def comment(self) -> str:
        self.made += 1
        return f"# c{self.made} {self.draw(st.sampled_from(['', 'x: y', '- [', chr(9) + 'tab']))}".rstrip()

    def lines(self, indent: int) -> str:
        """Own-line comments and blank lines, indented at will."""
        out = ""
        while self.maybe():
            shift = min(self.deepest, self.draw(st.integers(0, indent + 3)))
            out += "\n" if self.maybe() else " " * shift + self.comment() + "\n"
        return out

    def beside(self) -> str:
        return "  " + self.comment() if self.maybe() else ""

    def space(self, indent: int) -> str:
        """Inside braces: nothing, or a comment and a new line."""
        if not self.maybe(4):
            return " " * self.draw(st.integers(0, 2))
        return f" {self.comment()}\n{self.lines(indent)}" + " " * (indent + 1)

    def scalar(self, value: Any) -> str:
        if isinstance(value, str):
            text = value.translate(str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\x07": "\\a"}))
            if PLAIN.fullmatch(value) and value not in {"null", "true", "false"} and self.maybe(1):
                return value
            return "'" + value.replace("'", "''") + "'" if value.isprintable() and self.maybe(1) else f'"{text}"'
        return (
            {None: "~", True: "true", False: "False"}.get(value, str(value))
            if not isinstance(value, float)
            else repr(value)
        )

    def flow(self, value: Any, indent: int) -> str:
        if isinstance(value, dict):
            items = [f"{self.space(indent)}{self.scalar(k)}: {self.flow(v, indent)}" for k, v in value.items()]
            return "{" + ",".join(items) + self.space(indent) + "}"
        if isinstance(value, list):
            items = [self.space(indent) + self.flow(v, indent) for v in value]
            return "[" + ",".join(items) + self.space(indent) + "]"
        return self.scalar(value)

    def block(self, value: Any, indent: int) -> str:
        step = self.draw(st.integers(1, 4))
        pad = " " * indent
        out = ""
        for key in value:
            item = value[key] if isinstance(value, dict) else key
            lead = f"{self.scalar(key)}:" if isinstance(value, dict) else "-"
            out += self.lines(indent) + pad + lead
            self.deepest = 99
            if isinstance(item, dict | list) and item and self.maybe(1):
                out += f"{self.beside()}\n{self.lines(indent)}{self.block(item, indent + step)}"
            elif isinstance(item, str) and item.endswith("\n") and self.maybe(1):
                body = "".join(" " * (indent + step) + line + "\n" for line in item.splitlines())
                out += f" |{self.beside()}\n{body}"
                self.deepest = indent
            elif item is None and self.maybe(1):
                out += self.beside() + "\n"
            else:
                out += f" {self.flow(item, indent + 1)}{self.beside()}\n"
        return out + self.lines(indent)
