"""The folder that sentence-transformers wants around the published weights."""

from __future__ import annotations

import json
from pathlib import Path

from pantheon.models._weights import MINILM, locate

_CONFIG = {
    "architectures": ["BertModel"],
    "hidden_act": "gelu",
    "hidden_size": 384,
    "intermediate_size": 1536,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 12,
    "num_hidden_layers": 6,
    "pad_token_id": 0,
    "type_vocab_size": 2,
    "vocab_size": 30522,
}
_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]
_POOLING = {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True}
_TOKENIZER = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}
_LIMITS = {"max_seq_length": 256, "do_lower_case": False}


def write_layout(folder: Path) -> Path:
    """Links to the weights, and the small files that describe them."""
    for file in MINILM.files:
        (folder / file.name).symlink_to(locate(MINILM) / file.name)
    (folder / "1_Pooling").mkdir()
    for name, content in (
        ("config.json", _CONFIG),
        ("modules.json", _MODULES),
        ("sentence_bert_config.json", _LIMITS),
        ("tokenizer_config.json", _TOKENIZER),
        ("1_Pooling/config.json", _POOLING),
    ):
        (folder / name).write_text(json.dumps(content), "utf-8")
    return folder
