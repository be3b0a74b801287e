"""From peft's tensors to the GGUF adapter that llama.cpp loads.

llama.cpp turns pairs of neighbouring entries of queries and keys, where transformers turns the two
halves: the conversion of a Llama model interleaves the rows of those matrices, and so must an
adapter of them (convert_hf_to_gguf.py, `LlamaModel.permute`). Rows are outputs, so only B changes.
"""

from __future__ import annotations

import re
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pantheon.learn.lora._job import Job

_PEFT_NAME = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight")

Matrix = NDArray[np.float32]


def export_adapter(model: Any, base: Path, job: Job) -> bytes:
    """A GGUF adapter, in half precision, of the model's LoRA matrices."""
    gguf: Any = import_module("gguf")
    with tempfile.TemporaryDirectory(prefix="pantheon-export-") as folder:
        path = Path(folder) / "adapter.gguf"
        writer = gguf.GGUFWriter(path, "llama")
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(job.settings.alpha))
        writer.add_string("general.name", f"LoRA adapter of {base.stem}")
        writer.add_string("pantheon.base", job.base)
        writer.add_string("pantheon.job", job.key())
        for name, matrix in sorted(_named_matrices(gguf, model).items()):
            writer.add_tensor(name, matrix.astype(np.float16))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path.read_bytes()


def _named_matrices(gguf: Any, model: Any) -> dict[str, Matrix]:
    peft: Any = import_module("peft")
    config = model.config
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    found: dict[str, Matrix] = {}
    for key, tensor in peft.get_peft_model_state_dict(model).items():
        match = _PEFT_NAME.fullmatch(key)
        if match is None:
            raise ValueError(f"peft has a tensor {key!r} that no GGUF adapter can hold")
        module, side = match["module"], match["side"]
        matrix: Matrix = tensor.detach().float().cpu().numpy()
        if not np.isfinite(matrix).all():
            raise ValueError(f"the adapter's {key} holds numbers that are not finite")
        heads = _heads(module, config)
        if side == "B" and heads:
            matrix = interleave_halves(matrix, heads)
        found[f"{names.get_name(module)}.weight.lora_{side.lower()}"] = matrix
    return found


def _heads(module: str, config: Any) -> int:
    """How many heads share the rows of a matrix that is turned by position; 0: it is not."""
    if module.endswith("q_proj"):
        return int(config.num_attention_heads)
    return int(config.num_key_value_heads) if module.endswith("k_proj") else 0


def interleave_halves(matrix: Matrix, heads: int) -> Matrix:
    """Rows of each head from halves (x1 x2 .. y1 y2 ..) to pairs (x1 y1 x2 y2 ..)."""
    rows, columns = matrix.shape
    halves = matrix.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)
