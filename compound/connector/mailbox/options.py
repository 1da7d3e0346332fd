"""Options of services: checked without showing their values, and encrypted connections only."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from compound.errors import ProjectError, choices

if TYPE_CHECKING:
    from pydantic import JsonValue

T = TypeVar("T", bound="ServiceOptions")


class ServiceOptions(BaseModel):
    """Options of every service.

    Attributes:
        timeout_s: How long a connection, a request and an answer may take, in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    timeout_s: float = Field(default=30.0, gt=0)


def options_of(kind: type[T], name: str, given: Mapping[str, JsonValue]) -> T:
    """Check the options of a mailbox.

    Args:
        kind: The model.
        name: Name of the mailbox.
        given: The options, with secrets filled in; no error shows a value.

    Raises:
        ProjectError: `mailbox.bad-option`.
    """
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        option = ".".join(str(part) for part in first["loc"])
        place = f"the setting `mailboxes.{name}`"
        if first["type"] == "extra_forbidden":
            fix = f"remove it; {choices(list(kind.model_fields), option)}"
            raise ProjectError("mailbox.bad-option", f"{place} has an unknown option {option!r}", fix=fix) from None
        if first["type"] == "missing":
            what, fix = f"{place} has no {option!r}", f'write {option} = "..." into the table'
            raise ProjectError("mailbox.bad-option", what, fix=fix) from None
        said = first["msg"].removeprefix("Value error, ")
        what = f"{place} is wrong at {option!r}: {said}" if option else f"{place}: {said}"
        raise ProjectError("mailbox.bad-option", what, fix="correct the option in pyproject.toml") from None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that nothing leaves it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
