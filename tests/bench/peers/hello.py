"""The smallest program in the library that `compound` is written with: its `--help` is the peer of ours."""

from __future__ import annotations

import typer

app = typer.Typer()


@app.command()
def hello(name: str = "you") -> None:
    """Greet somebody.

    Args:
        name: Whom.
    """
    typer.echo(f"hello {name}")


if __name__ == "__main__":
    app()
