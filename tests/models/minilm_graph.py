"""Writes `src/pantheon/models/minilm_l6.onnx`: the encoder's arithmetic, without its parameters.

The graph names the tensors of the published `model.safetensors` by their offsets in that file, so
nothing is converted and no second copy of the weights exists. Run it again after a change here
(needs `onnx`; the product does not): `python -m tests.models.minilm_graph`.

Inputs: `ids` and `mask`, int64, (texts, tokens). Output: `vectors`, float32, (texts, 384), the
masked mean of the last layer, L2-normalised. Architecture: Devlin et al. 2019 (BERT), post-norm.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from pantheon.models._weights import MINILM, locate

GRAPH = Path(__file__).parents[2] / "src" / "pantheon" / "models" / "minilm_l6.onnx"
LAYERS, HEADS, WIDTH = 6, 12, 384
FILE = "model.safetensors"


class GraphWriter:
    """Collects nodes, constants and references to stored tensors."""

    def __init__(self, safetensors: Path) -> None:
        with safetensors.open("rb") as source:
            length = int.from_bytes(source.read(8), "little")
            self.header: dict[str, Any] = json.loads(source.read(length))
        self.start = 8 + length
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.seen: set[str] = set()

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        self.nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output

    def constant(self, name: str, value: Any, kind: Any) -> str:
        """A small constant kept in the graph itself."""
        if name not in self.seen:
            self.seen.add(name)
            self.initializers.append(numpy_helper.from_array(np.array(value, kind), name))
        return name

    def stored(self, name: str) -> str:
        """A tensor of the safetensors file, by its offsets."""
        begin, end = self.header[name]["data_offsets"]
        tensor = TensorProto(
            name=name, data_type=TensorProto.FLOAT, dims=self.header[name]["shape"]
        )
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (
            ("location", FILE),
            ("offset", self.start + begin),
            ("length", end - begin),
        ):
            tensor.external_data.add(key=key, value=str(value))
        self.initializers.append(tensor)
        return name

    def norm(self, source: str, name: str) -> str:
        """Layer normalisation with stored scale and shift."""
        inputs = [source, self.stored(f"{name}.weight"), self.stored(f"{name}.bias")]
        return self.node("LayerNormalization", inputs, f"{name}/out", epsilon=1e-12, axis=-1)

    def linear(self, source: str, names: list[str], output: str) -> str:
        """`source @ W.T + b`; several stored layers side by side become one multiplication.

        The optimiser folds the joins and transpositions when it loads the graph.
        """
        weights = [self.stored(f"{name}.weight") for name in names]
        biases = [self.stored(f"{name}.bias") for name in names]
        weight, bias = weights[0], biases[0]
        if len(names) > 1:
            weight = self.node("Concat", weights, f"{output}/weights", axis=0)
            bias = self.node("Concat", biases, f"{output}/biases", axis=0)
        weight = self.node("Transpose", [weight], f"{output}/transposed", perm=[1, 0])
        product = self.node("MatMul", [source, weight], f"{output}/product")
        return self.node("Add", [product, bias], output)


def add_embeddings(graph: GraphWriter) -> str:
    """Word, position and (always first) token type, summed and normalised."""
    words = graph.node(
        "Gather", [graph.stored("embeddings.word_embeddings.weight"), "ids"], "words"
    )
    zero, one, two = (
        graph.constant(name, [value], np.int64)
        for name, value in (("zero", 0), ("one", 1), ("two", 2))
    )
    shape = graph.node("Shape", ["ids"], "shape")
    length = graph.node("Slice", [shape, one, two], "length")
    table = graph.stored("embeddings.position_embeddings.weight")
    positions = graph.node("Slice", [table, zero, length, zero], "positions")
    types = graph.stored("embeddings.token_type_embeddings.weight")
    first = graph.node("Slice", [types, zero, one, zero], "first_type")
    placed = graph.node("Add", [words, positions], "placed")
    return graph.norm(graph.node("Add", [placed, first], "typed"), "embeddings.LayerNorm")


def add_attention_bias(graph: GraphWriter) -> str:
    """0 where there is a token and -10000 where there is padding, (texts, 1, 1, tokens)."""
    graph.node("Cast", ["mask"], "mask_float", to=TensorProto.FLOAT)
    axes = graph.constant("middle", [1, 2], np.int64)
    wide = graph.node("Unsqueeze", ["mask_float", axes], "mask_wide")
    present = graph.node("Sub", [wide, graph.constant("unit", 1.0, np.float32)], "absent")
    return graph.node("Mul", [present, graph.constant("far", 1e4, np.float32)], "attention_bias")


def add_attention(graph: GraphWriter, source: str, layer: str) -> str:
    """Multi-head self-attention, without its output projection."""
    name = f"{layer}.attention.self"
    parts = [f"{name}.{part}" for part in ("query", "key", "value")]
    joined = graph.linear(source, parts, f"{name}/joined")
    heads = graph.constant("heads", [0, 0, 3, HEADS, WIDTH // HEADS], np.int64)
    split = graph.node("Reshape", [joined, heads], f"{name}/split")
    moved = graph.node("Transpose", [split], f"{name}/moved", perm=[2, 0, 3, 1, 4])
    query, key, value = (
        graph.node("Gather", [moved, graph.constant(f"part{i}", i, np.int64)], f"{part}/heads")
        for i, part in enumerate(parts)
    )
    key = graph.node("Transpose", [key], f"{name}/turned", perm=[0, 1, 3, 2])
    scale = graph.constant("scale", (WIDTH // HEADS) ** -0.5, np.float32)
    scores = graph.node("MatMul", [query, key], f"{name}/raw")
    scores = graph.node("Mul", [scores, scale], f"{name}/scaled")
    scores = graph.node("Add", [scores, "attention_bias"], f"{name}/masked")
    shares = graph.node("Softmax", [scores], f"{name}/shares", axis=-1)
    context = graph.node("MatMul", [shares, value], f"{name}/context")
    context = graph.node("Transpose", [context], f"{name}/back", perm=[0, 2, 1, 3])
    flat = graph.constant("flat", [0, 0, WIDTH], np.int64)
    return graph.node("Reshape", [context, flat], f"{name}/out")


def add_layer(graph: GraphWriter, source: str, layer: str) -> str:
    """One transformer layer: attention and a feed-forward net, each added and normalised."""
    context = add_attention(graph, source, layer)
    mixed = graph.linear(context, [f"{layer}.attention.output.dense"], f"{layer}/mixed")
    added = graph.node("Add", [mixed, source], f"{layer}/attended")
    attended = graph.norm(added, f"{layer}.attention.output.LayerNorm")
    inner = graph.linear(attended, [f"{layer}.intermediate.dense"], f"{layer}/inner")
    active = graph.node("Gelu", [inner], f"{layer}/active")
    outer = graph.linear(active, [f"{layer}.output.dense"], f"{layer}/outer")
    added = graph.node("Add", [outer, attended], f"{layer}/fed")
    return graph.norm(added, f"{layer}.output.LayerNorm")


def add_pooling(graph: GraphWriter, source: str) -> None:
    """Masked mean over tokens; the norm that follows makes dividing by their number idle."""
    last = graph.node("Unsqueeze", ["mask_float", "two"], "mask_last")
    kept = graph.node("Mul", [source, last], "kept")
    total = graph.node("ReduceSum", [kept, "one"], "total", keepdims=0)
    graph.node("LpNormalization", [total], "vectors", axis=-1, p=2)


def build(safetensors: Path) -> bytes:
    """The graph for that file, serialised."""
    graph = GraphWriter(safetensors)
    state = add_embeddings(graph)
    add_attention_bias(graph)
    for index in range(LAYERS):
        state = add_layer(graph, state, f"encoder.layer.{index}")
    add_pooling(graph, state)
    whole = helper.make_graph(
        graph.nodes,
        "all-MiniLM-L6-v2",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
            for name in ("ids", "mask")
        ],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", WIDTH])],
        graph.initializers,
    )
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    model.producer_name = "pantheon"
    return model.SerializeToString(deterministic=True)


if __name__ == "__main__":
    GRAPH.write_bytes(build(locate(MINILM) / FILE))
    print(f"{GRAPH}: {GRAPH.stat().st_size} bytes")  # noqa: T201
