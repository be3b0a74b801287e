"""The published MiniLM weights in the file formats of other engines."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pantheon.models._weights import MINILM, locate

_GGUF_NAMES = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def load_weights() -> dict[str, Any]:
    """The tensors by name."""
    return import_module("safetensors.numpy").load_file(str(locate(MINILM) / "model.safetensors"))


def load_vocabulary() -> list[str]:
    """Tokens in the order of their numbers."""
    found = json.loads((locate(MINILM) / "tokenizer.json").read_text("utf-8"))
    numbers: dict[str, int] = found["model"]["vocab"]
    return sorted(numbers, key=numbers.__getitem__)


def write_gguf(folder: Path, kind: str) -> Path:
    """A GGUF file; `kind` is the type of the matrices, e.g. F32 or Q8_0."""
    gguf: Any = import_module("gguf")
    weights, dtype = load_weights(), gguf.GGMLQuantizationType[kind]
    path = folder / "minilm.gguf"
    writer = gguf.GGUFWriter(str(path), "bert")
    writer.add_context_length(512)
    writer.add_embedding_length(384)
    writer.add_block_count(6)
    writer.add_feed_forward_length(1536)
    writer.add_head_count(12)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    _add_gguf_vocabulary(writer)

    def put(name: str, tensor: Any, *, matrix: bool = False) -> None:
        values = np.ascontiguousarray(tensor, np.float32)
        if matrix:
            writer.add_tensor(name, gguf.quants.quantize(values, dtype), raw_dtype=dtype)
        else:
            writer.add_tensor(name, values)

    put("token_embd.weight", weights["embeddings.word_embeddings.weight"], matrix=True)
    put("position_embd.weight", weights["embeddings.position_embeddings.weight"])
    put("token_types.weight", weights["embeddings.token_type_embeddings.weight"])
    for end in ("weight", "bias"):
        put(f"token_embd_norm.{end}", weights[f"embeddings.LayerNorm.{end}"])
    for layer in range(6):
        for ours, theirs in _GGUF_NAMES.items():
            source, target = f"encoder.layer.{layer}.{ours}", f"blk.{layer}.{theirs}"
            put(f"{target}.weight", weights[f"{source}.weight"], matrix="Norm" not in ours)
            put(f"{target}.bias", weights[f"{source}.bias"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_gguf_vocabulary(writer: Any) -> None:
    """llama.cpp wants word starts marked, not their continuations."""
    tokens = load_vocabulary()
    special = [token.startswith("[") and token.endswith("]") for token in tokens]
    spelled = [
        token if is_special else token[2:] if token.startswith("##") else f"\u2581{token}"
        for token, is_special in zip(tokens, special, strict=True)
    ]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(spelled)
    writer.add_token_types([3 if is_special else 1 for is_special in special])
    writer.add_token_type_count(2)
    writer.add_bos_token_id(tokens.index("[CLS]"))
    writer.add_eos_token_id(tokens.index("[SEP]"))
    writer.add_sep_token_id(tokens.index("[SEP]"))
    writer.add_unk_token_id(tokens.index("[UNK]"))
    writer.add_pad_token_id(tokens.index("[PAD]"))
    writer.add_mask_token_id(tokens.index("[MASK]"))
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)


def write_ctranslate2(folder: Path, quantization: str | None) -> Path:
    """A CTranslate2 encoder."""
    specs: Any = import_module("ctranslate2.specs.transformer_spec")
    common: Any = import_module("ctranslate2.specs.common_spec")
    weights = load_weights()
    encoder = specs.TransformerEncoderSpec(
        6,
        12,
        pre_norm=False,
        activation=common.Activation.GELU,
        layernorm_embedding=True,
        num_source_embeddings=2,
        embeddings_merge=common.EmbeddingsMerge.ADD,
    )
    spec = specs.TransformerEncoderModelSpec(encoder, pooling_layer=False)
    _fill_ctranslate2(spec.encoder, weights)
    spec.register_vocabulary(load_vocabulary())
    spec.config.unk_token, spec.config.layer_norm_epsilon = "[UNK]", 1e-12
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))
    return folder


def _fill_ctranslate2(encoder: Any, weights: dict[str, Any]) -> None:
    def norm(part: Any, name: str) -> None:
        part.gamma, part.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]

    def linear(part: Any, *names: str) -> None:
        part.weight = np.concatenate([weights[f"{name}.weight"] for name in names])
        part.bias = np.concatenate([weights[f"{name}.bias"] for name in names])

    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = weights["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = weights["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = weights["embeddings.position_embeddings.weight"]
    norm(encoder.layernorm_embedding, "embeddings.LayerNorm")
    for index, layer in enumerate(encoder.layer):
        name = f"encoder.layer.{index}"
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        linear(layer.self_attention.linear[0], *parts)
        linear(layer.self_attention.linear[1], f"{name}.attention.output.dense")
        norm(layer.self_attention.layer_norm, f"{name}.attention.output.LayerNorm")
        linear(layer.ffn.linear_0, f"{name}.intermediate.dense")
        linear(layer.ffn.linear_1, f"{name}.output.dense")
        norm(layer.ffn.layer_norm, f"{name}.output.LayerNorm")
