"""The server: uvicorn on one port, with a link to sign in printed at the start."""

from __future__ import annotations

import getpass
import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from compound.errors import ConnectorError, ProjectError
from compound.web.app import LOCAL, create_app
from compound.web.identity.people import People

if TYPE_CHECKING:
    from compound.project import Project

STOP_S: Final = 1
"""Seconds that open requests have to end when the server stops; streams of events never end by themselves."""


def serve(
    project: Project,
    *,
    host: str = "127.0.0.1",
    port: int = 8300,
    hosts: Sequence[str] = (),
    on_ready: Callable[[str, str], None] = lambda address, link: None,
) -> None:
    """Serve a project until the process is stopped.

    Args:
        project: An opened project.
        host: The address to listen on. Other machines reach it only if it is not a loopback address.
        port: The port; 0 picks a free one.
        hosts: Names of this server besides `host`, as browsers call it.
        on_ready: Called with the address and a one-time link, once the port is open.

    Raises:
        ConnectorError: `web.port`: the port is in use.
        ProjectError: `web.open-to-others`: it would be reachable from other machines, and nobody has a password.
    """
    import uvicorn

    people = People(project.resources.state, project.resources.clock)
    _require_accounts(people, host)
    listening = _listen(host, port)
    number = listening.getsockname()[1]
    address = f"http://{f'[{host}]' if ':' in host else host}:{number}"
    app = create_app(project, hosts=(*LOCAL, host, *hosts))
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=STOP_S, server_header=False
    )
    link = f"{address}/login?link={people.link(_owner(people))}" if _is_loopback(host) else ""
    on_ready(address, link)
    uvicorn.Server(config).run(sockets=[listening])


def _owner(people: People) -> str:
    """The account of the person who starts the server on this machine: an admin."""
    name = getpass.getuser()
    if name not in {one.name for one in people.list()}:
        people.add(name, roles=["admin"])
    return name


def _require_accounts(people: People, host: str) -> None:
    if not _is_loopback(host) and not people.list():
        what = f"{host} can be reached from other machines, and there are no accounts"
        raise ProjectError("web.open-to-others", what, fix="compound people add NAME --role admin --password")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        what = f"{host}:{port} cannot be opened: {error.strerror}"
        raise ConnectorError("web.port", what, fix="--port N, or --port 0 for a free one") from error
    made.listen(128)
    return made
