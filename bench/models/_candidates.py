"""Five ways to run all-MiniLM-L6-v2 without torch, and torch itself as the reference.

Each candidate is a function that loads the model and returns an embedding function. Libraries that
the product does not use are looked up when a candidate is tried.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pantheon.models._minilm import _GRAPH, _batches, _Engine
from pantheon.models._native import load_tokenizer
from pantheon.models._weights import MINILM, locate

Vectors: TypeAlias = NDArray[np.float32]
Embed: TypeAlias = Callable[[Sequence[str]], Vectors]
Compute: TypeAlias = Callable[[NDArray[np.int64], NDArray[np.int64]], Vectors]
"""(ids, mask), both (texts, tokens), to unit vectors (texts, 384)."""

LAYERS, HEADS, WIDTH = 6, 12, 384


def onnx_fp32(threads: int) -> Embed:
    """What the product does."""
    return _Engine(threads).embed


def onnx_int8(threads: int) -> Embed:
    """The same graph, its multiplications quantised on the fly to 8 bits."""
    ort: Any = import_module("onnxruntime")
    onnx: Any = import_module("onnx")
    quantization: Any = import_module("onnxruntime.quantization")
    helper: Any = import_module("onnx.external_data_helper")
    scratch = Path(tempfile.mkdtemp(prefix="embedders-"))
    model = onnx.load_from_string(_GRAPH.read_bytes())
    helper.load_external_data_for_model(model, str(locate(MINILM)))
    onnx.save(model, scratch / "whole.onnx")
    fold = ort.SessionOptions()
    fold.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    fold.optimized_model_filepath = str(scratch / "folded.onnx")
    ort.InferenceSession(str(scratch / "whole.onnx"), fold, providers=["CPUExecutionProvider"])
    quantization.quantize_dynamic(
        scratch / "folded.onnx",
        scratch / "int8.onnx",
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
    )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(
        str(scratch / "int8.onnx"), options, providers=["CPUExecutionProvider"]
    )
    return _padded(lambda ids, mask: session.run(["vectors"], {"ids": ids, "mask": mask})[0])


def numpy_fp32(threads: int) -> Embed:
    """Matrix products by numpy's own BLAS, no padding: equal lengths are computed together."""
    limits: Any = import_module("threadpoolctl")
    limits.threadpool_limits(threads)
    weights: dict[str, Vectors] = import_module("safetensors.numpy").load_file(
        str(locate(MINILM) / "model.safetensors")
    )
    return _padded(lambda ids, mask: _numpy_forward(weights, ids), padding=False)


def ctranslate2_fp32(threads: int) -> Embed:
    """CTranslate2, single precision."""
    return _ctranslate2(threads, quantization=None)


def ctranslate2_int8(threads: int) -> Embed:
    """CTranslate2, 8-bit weights and per-token 8-bit activations."""
    return _ctranslate2(threads, quantization="int8")


def llama_f32(threads: int) -> Embed:
    """llama.cpp on a GGUF file, single precision."""
    return _llama(threads, kind="F32")


def llama_q8(threads: int) -> Embed:
    """llama.cpp on a GGUF file, 8-bit weights."""
    return _llama(threads, kind="Q8_0")


def torch_fp32(threads: int) -> Embed:
    """sentence-transformers: the reference that the others are compared with."""
    import_module("torch").set_num_threads(threads)
    from bench.models._hub_layout import write_layout

    kind: Any = import_module("sentence_transformers").SentenceTransformer
    model = kind(str(write_layout(Path(tempfile.mkdtemp(prefix="embedders-")))), device="cpu")
    return lambda texts: model.encode(
        list(texts), normalize_embeddings=True, show_progress_bar=False
    )


CANDIDATES: dict[str, Callable[[int], Embed]] = {
    function.__name__: function
    for function in (
        torch_fp32,
        onnx_fp32,
        onnx_int8,
        ctranslate2_fp32,
        ctranslate2_int8,
        llama_f32,
        llama_q8,
        numpy_fp32,
    )
}


def _padded(compute: Compute, *, padding: bool = True) -> Embed:
    """Tokenise, batch texts of like length (equal length without padding), and put in order."""
    tokenizer = load_tokenizer(locate(MINILM) / "tokenizer.json", max_tokens=MINILM.context)

    def embed(texts: Sequence[str]) -> Vectors:
        tokens = [tokenizer.encode(text).ids for text in texts]
        lengths = [len(ids) for ids in tokens]
        vectors = np.empty((len(texts), WIDTH), np.float32)
        for batch in _batches(lengths):
            groups = [batch] if padding else _equal_groups(batch, lengths)
            for group in groups:
                vectors[group] = compute(*_pad([tokens[index] for index in group]))
        return vectors

    return embed


def _equal_groups(batch: list[int], lengths: list[int]) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for index in batch:
        found.setdefault(lengths[index], []).append(index)
    return list(found.values())


def _pad(tokens: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ids = np.zeros((len(tokens), max(map(len, tokens))), np.int64)
    mask = np.zeros_like(ids)
    for row, numbers in enumerate(tokens):
        ids[row, : len(numbers)] = numbers
        mask[row, : len(numbers)] = 1
    return ids, mask


def _numpy_forward(weights: dict[str, Vectors], ids: NDArray[np.int64]) -> Vectors:
    erf: Any = import_module("scipy.special").erf
    texts, length = ids.shape

    def linear(state: Vectors, name: str) -> Vectors:
        return state @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(state: Vectors, name: str) -> Vectors:
        centred = state - state.mean(-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return centred / scale * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def heads(state: Vectors) -> Vectors:
        return state.reshape(texts, length, HEADS, -1).transpose(0, 2, 1, 3)

    table = weights["embeddings.position_embeddings.weight"][:length]
    table = table + weights["embeddings.token_type_embeddings.weight"][0]
    state = weights["embeddings.word_embeddings.weight"][ids] + table
    state = norm(state.reshape(-1, WIDTH), "embeddings.LayerNorm")
    for layer in (f"encoder.layer.{index}" for index in range(LAYERS)):
        parts = (linear(state, f"{layer}.attention.self.{it}") for it in ("query", "key", "value"))
        query, key, value = (heads(part) for part in parts)
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32((WIDTH / HEADS) ** 0.5)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        context = (shares / shares.sum(-1, keepdims=True)) @ value
        mixed = linear(
            context.transpose(0, 2, 1, 3).reshape(-1, WIDTH), f"{layer}.attention.output.dense"
        )
        state = norm(state + mixed, f"{layer}.attention.output.LayerNorm")
        inner = linear(state, f"{layer}.intermediate.dense")
        inner = inner * 0.5 * (1.0 + erf(inner * np.float32(0.5**0.5)))
        state = norm(state + linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    vectors = state.reshape(texts, length, WIDTH).mean(1)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _ctranslate2(threads: int, *, quantization: str | None) -> Embed:
    from bench.models._conversions import write_ctranslate2

    ct2: Any = import_module("ctranslate2")
    folder = write_ctranslate2(Path(tempfile.mkdtemp(prefix="embedders-")), quantization)
    encoder = ct2.Encoder(
        str(folder), device="cpu", compute_type=quantization or "float32", intra_threads=threads
    )

    def compute(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        view: Any = ct2.StorageView.from_array
        found = encoder.forward_batch(
            view(ids.astype(np.int32)),
            lengths=view(mask.sum(1).astype(np.int32)),
            token_type_ids=np.zeros_like(ids).tolist(),
        )
        vectors = np.einsum(
            "bnd,bn->bd", np.array(found.last_hidden_state), mask.astype(np.float32)
        )
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return _padded(compute)


def _llama(threads: int, *, kind: str) -> Embed:
    from bench.models._conversions import write_gguf

    llama: Any = import_module("xllamacpp")
    params = llama.CommonParams()
    params.model.path = str(write_gguf(Path(tempfile.mkdtemp(prefix="embedders-")), kind))
    params.embedding, params.n_parallel, params.kv_unified = True, 8, True
    params.n_ctx, params.n_batch, params.n_ubatch = 4096, 2048, 2048
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity = -1
    server = llama.Server(params)

    def embed(texts: Sequence[str]) -> Vectors:
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        vectors = np.empty((len(texts), WIDTH), np.float32)
        for start in range(0, len(order), 64):
            batch = order[start : start + 64]
            reply = server.handle_embeddings({"input": [texts[index] for index in batch]})
            vectors[batch] = [row["embedding"] for row in reply["data"]]
        return vectors

    return embed
