"""The commands `token create`, `token list` and `token revoke`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from kg.cli.output import TABLE_FORMATS, write_table
from kg.cli.session import current_server, opened_store
from kg.roles import Role
from kg.store.tokens import create_token, list_tokens, read_lifetime, revoke_token

COLUMNS = ("id", "name", "role", "personal", "created", "expires", "state")
_ROLES = click.Choice([one.value for one in Role])


@click.group()
def token() -> None:
    """Give and take access to a server."""


@token.command()
@click.argument("name")
@click.option("--role", type=_ROLES, required=True, help="What it may do.")
@click.option("--personal", is_flag=True, help="Let an analyst see personal data.")
@click.option("--expires", metavar="N[d|h]", help="Days or hours it lives, such as 90d.")
def create(name: str, role: str, *, personal: bool, expires: str | None) -> None:
    """Make a token called NAME, and write it once to standard output."""
    lifetime = read_lifetime(expires)
    server = current_server()
    if server:
        fields = {"name": name, "role": role, "personal": personal, "expires": expires}
        click.echo(server.create_token(fields)["token"])
    else:
        with opened_store() as store:
            text, _ = create_token(store, name, Role(role), personal=personal, lifetime=lifetime)
        click.echo(text)
    click.echo("This is the only time that the token is shown.", err=True)


@token.command("list")
@click.option("--format", "shape", type=click.Choice(TABLE_FORMATS), default="table")
def list_command(shape: str) -> None:
    """List the tokens; what they open with is not kept."""
    server = current_server()
    if server:
        found: Sequence[Mapping[str, Any]] = server.list_tokens()
    else:
        with opened_store() as store:
            found = [one.as_json() for one in list_tokens(store)]
    write_table(COLUMNS, [[one[name] for name in COLUMNS] for one in found], shape)


@token.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End the life of a token, given by its name or id, at once."""
    server = current_server()
    if server:
        number = str(server.revoke_token(name)["id"])
    else:
        with opened_store() as store:
            number = revoke_token(store, name).id
    click.echo(f"The token {number} opens nothing any more.", err=True)
