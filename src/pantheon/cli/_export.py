"""`pantheon export`: a flow or an agent in a format of others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pantheon.cli._carried import deliver, dry_run_option, force_option, out_option
from pantheon.cli._output import json_option
from pantheon.cli._session import Session
from pantheon.errors import NotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pantheon.interop import Carried
    from pantheon.spec import AgentDef, FlowDef, Project

FORMATS = ("agentspec", "a2a", "mermaid", "yaml")

_PREFIX = re.compile(r"^(flow:|agent:|flows\.|agents\.)")
"""Which of two things with one name is meant; the longer ones are keys of pantheon.yaml."""


@click.command("export")
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--to", "format_", type=click.Choice(FORMATS), required=True, help="The format.")
@click.option("--url", help="With `a2a`: the address at which it will answer.")
@out_option
@force_option
@dry_run_option
@json_option
@click.pass_obj
def command(  # noqa: PLR0913  one parameter an option
    session: Session,
    names: tuple[str, ...],
    format_: str,
    url: str | None,
    out: Path | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Give a flow or an agent to others: Open Agent Spec, A2A card, Mermaid, YAML.

    What the other format cannot hold is named on standard error, and in the JSON. `agentspec` is
    YAML, or JSON where the file of --out ends in .json; `yaml` is a pantheon.yaml of the named alone
    with all that they use; `a2a` may name several, and all flows where none is named.

    Example: pantheon export support --to agentspec --out support.agentspec.yaml
    """
    project = session.load_project()
    chosen = [_find(project, name) for name in names]
    carried = _carry(project, chosen, format_, url=url, out=out)
    deliver(carried, out, force=force, dry_run=dry_run, as_json=as_json)


def _find(project: Project, name: str) -> FlowDef | AgentDef:
    """A flow or an agent of this name; `agent:NAME` where a flow is called the same."""
    from pantheon.spec import did_you_mean

    known: dict[str, FlowDef | AgentDef] = {**project.agents, **project.flows}
    for each, flow in project.flows.items():
        known |= {f"flow:{each}": flow, f"flows.{each}": flow}
    for each, agent in project.agents.items():
        known |= {f"agent:{each}": agent, f"agents.{each}": agent}
    if name in known:
        return known[name]
    hint = did_you_mean(_PREFIX.sub("", name), [*project.flows, *project.agents])
    raise NotFound(f"There is no flow or agent {name!r}.", hint=hint)


def _carry(
    project: Project,
    chosen: Sequence[FlowDef | AgentDef],
    format_: str,
    *,
    url: str | None,
    out: Path | None,
) -> Carried:
    """The text in the other format."""
    if format_ == "a2a":
        return _card(project, chosen or list(project.flows.values()), url)
    if url is not None:
        raise UsageError("--url is for `--to a2a`.", hint="Leave it out.")
    if format_ == "yaml" and chosen:
        from pantheon.interop import to_own_yaml

        return to_own_yaml(project, chosen)
    if len(chosen) != 1:
        raise UsageError(
            f"`--to {format_}` takes one flow or agent.", hint="Name it: pantheon export NAME …"
        )
    if format_ == "mermaid":
        return _diagram(chosen[0])
    from pantheon.interop import to_agentspec

    return to_agentspec(project, chosen[0], as_json=out is not None and out.suffix == ".json")


def _card(project: Project, offered: Sequence[FlowDef | AgentDef], url: str | None) -> Carried:
    from pantheon.interop import to_agent_card

    if url is None:
        raise UsageError("An A2A card says where its agent answers.", hint="Give --url https://…")
    return to_agent_card(project, offered, url=url, name=project.root.resolve().name)


def _diagram(definition: FlowDef | AgentDef) -> Carried:
    from pantheon.interop import Carried
    from pantheon.spec import AgentDef, to_mermaid

    if isinstance(definition, AgentDef):
        raise UsageError("A diagram is drawn of a flow.", hint=f"{definition.name!r} is an agent.")
    return Carried(to_mermaid(definition))
