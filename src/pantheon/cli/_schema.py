"""`pantheon schema`: what editors complete and check pantheon.yaml by."""

from __future__ import annotations

from typing import Any

import click

from pantheon.cli._init import show_placed
from pantheon.cli._output import echo_json, json_option
from pantheon.cli._session import Session
from pantheon.errors import NotFound


@click.command("schema")
@click.option("--write", is_flag=True, help="Write it to .pantheon/schema, where editors look.")
@click.option("--dry-run", is_flag=True, help="With --write: say what would be written.")
@click.option(
    "--of",
    "output_of",
    metavar="COMMAND",
    help="Instead: the schema of what a command prints with --json, such as 'runs list'.",
)
@json_option
@click.pass_obj
def command(
    session: Session, write: bool, dry_run: bool, output_of: str | None, as_json: bool
) -> None:
    """Print the JSON Schema of pantheon.yaml, or write it for editors.

    An editor with a YAML language server completes keys and shows what they mean when the first
    line of a file is `# yaml-language-server: $schema=.pantheon/schema/pantheon.v1.json`.

    Example: pantheon schema --write
    """
    from pantheon.scaffold import place, schema_files
    from pantheon.spec import json_schema

    if output_of is not None:
        echo_json(_schema_of(output_of))
        return
    if not write:
        echo_json(json_schema())
        return
    root = session.project_file().parent
    show_placed(place(schema_files(), root, dry_run=dry_run), as_json=as_json)


def _schema_of(command: str) -> dict[str, Any]:
    from pantheon.cli.shapes import all_shapes, schema_of
    from pantheon.spec import did_you_mean

    name = command.removeprefix("pantheon ")
    schema = schema_of(name)
    if schema is None:
        hint = did_you_mean(name, list(all_shapes()), otherwise="`pantheon --help` lists them.")
        raise NotFound(f"There is no command {command!r}.", hint=hint)
    return schema
