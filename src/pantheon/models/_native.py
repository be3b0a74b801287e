"""The typed face of libraries that come without types: one Protocol and one cast for each.

Nothing else in this package touches those libraries, so whatever they return is looked at here
or checked where it is used. All are imported on first use: they are slow to load.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from pantheon.ids import Json, JsonObject
from pantheon.models._model import FailureReason, ModelFailure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Encoding(Protocol):
    """One tokenised text."""

    @property
    def ids(self) -> list[int]:
        """Token numbers, special tokens included."""
        ...


class Tokenizer(Protocol):
    """The part of `tokenizers.Tokenizer` that is used."""

    def encode(self, sequence: str) -> Encoding:
        """Tokenise one text, in this thread: a batch would start threads that no fork survives."""
        ...


class Session(Protocol):
    """The part of `onnxruntime.InferenceSession` that is used."""

    def run(
        self, output_names: Sequence[str], input_feed: Mapping[str, NDArray[np.int64]]
    ) -> list[NDArray[np.float32]]:
        """Compute the named outputs."""
        ...


def load_tokenizer(path: Path, *, max_tokens: int) -> Tokenizer:
    """A tokenizer that cuts at `max_tokens` and does not pad."""
    found = import_module("tokenizers").Tokenizer.from_file(str(path))
    found.enable_truncation(max_tokens)
    found.no_padding()
    return cast("Tokenizer", found)


def load_session(
    graph: bytes,
    *,
    folder: Path,
    threads: int,
    weights: Mapping[str, NDArray[np.float32]] | None = None,
) -> Session:
    """An inference session of a graph whose parameters lie in files of `folder`.

    `weights` take the place of parameters of their names.
    """
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", str(folder)
    )
    # Threads that spin while they wait make everything slow on a machine that has other work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if weights:
        values = [runtime.OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
        options.add_external_initializers(list(weights), values)
    session = runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return cast("Session", session)


@dataclass(frozen=True, slots=True)
class LlamaOptions:
    """How a llama.cpp server is set up."""

    weights: Path
    context: int
    threads: int
    api_key: str
    adapters: tuple[Path, ...] = ()
    """GGUF adapters to load, none applied: a request names them by their place here."""


ADAPTER_SLOTS = 4
"""Of a server with adapters: so many keep what they know of their last prompt. They share one
context, so they cost no memory; a longer prompt takes the room of those that are idle."""


class LlamaServer(Protocol):
    """The part of `xllamacpp.Server` that is used."""

    @property
    def listening_address(self) -> str:
        """`http://127.0.0.1:PORT`; every route but /health asks for the key."""
        ...

    def handle_chat_completions(
        self, data: JsonObject, callback: Callable[[JsonObject], bool]
    ) -> JsonObject | None:
        """Answer in chunks; a callback that returns True ends the generation."""
        ...


def start_llama(options: LlamaOptions) -> LlamaServer:
    """Load a GGUF file; raises RuntimeError when llama.cpp cannot."""
    llama: Any = import_module("xllamacpp")
    params = llama.CommonParams()
    params.model.path = str(options.weights)
    params.n_ctx = options.context
    params.n_parallel = 1
    if options.adapters:
        _prepare_adapters(llama, params, options.adapters)
    params.cpuparams.n_threads = options.threads
    params.cpuparams_batch.n_threads = options.threads
    params.hostnames = ["127.0.0.1"]
    params.api_keys = [options.api_key]
    params.endpoint_slots = False
    params.ui = False
    params.warmup = False
    params.verbosity = -1
    return cast("LlamaServer", llama.Server(params))


def _prepare_adapters(llama: Any, params: Any, paths: Sequence[Path]) -> None:
    """Adapters that are loaded only, slots that share one context, no prompts kept elsewhere.

    llama.cpp would look among kept prompts for one like the new, whatever adapter made it.
    """
    params.lora_adapters = [llama.CommonAdapterLoraInfo(str(path), 1.0) for path in paths]
    params.lora_init_without_apply = True
    params.n_parallel = ADAPTER_SLOTS
    params.kv_unified = True
    params.cache_ram_mib = 0


class SchemaProblem(Protocol):
    """The part of `jsonschema.ValidationError` that is used."""

    @property
    def json_path(self) -> str:
        """Where, e.g. `$.team`."""
        ...

    @property
    def message(self) -> str:
        """What is wrong there."""
        ...


def schema_problems(value: Json, schema: JsonObject) -> list[SchemaProblem]:
    """Why the value breaks the schema (draft 2020-12), empty when it does not.

    References are only resolved inside the schema: nothing is ever fetched. A schema that cannot
    be applied (a reference to nowhere, no regular expression) is a ModelFailure (`refused`).
    """
    unresolvable: type[Exception] = import_module("referencing.exceptions").Unresolvable
    try:
        return list(_validator(json.dumps(schema)).iter_errors(value))
    except (re.error, unresolvable) as error:
        raise ModelFailure(
            FailureReason.REFUSED, f"The schema of the answer cannot be applied: {error}."
        ) from error


class _Validator(Protocol):
    def iter_errors(self, instance: Json) -> Iterator[SchemaProblem]: ...


@lru_cache(maxsize=64)
def _validator(schema: str) -> _Validator:
    kind = import_module("jsonschema").Draft202012Validator
    nothing = import_module("referencing").Registry()
    return cast("_Validator", kind(json.loads(schema), registry=nothing))
