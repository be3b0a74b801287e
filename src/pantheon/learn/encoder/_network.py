"""The encoder in torch: the same arithmetic as the served graph (BERT, six layers, mean pooling)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_HEADS = 12
_LAYERS = 6
_EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Network:
    """The published weights by name; those of the upper layers may be leaves that learn."""

    torch: Any
    weights: Mapping[str, Any]

    def vectors(self, ids: Any, mask: Any, *, frozen: int) -> Any:
        """Unit vectors, shape (n, 384); no gradient reaches the first `frozen` layers."""
        torch = self.torch
        with torch.no_grad():
            hidden = self._embed(ids)
            for layer in range(frozen):
                hidden = self._layer(hidden, mask, layer)
        for layer in range(frozen, _LAYERS):
            hidden = self._layer(hidden, mask, layer)
        wide = mask[:, :, None].to(hidden.dtype)
        mean = (hidden * wide).sum(dim=1) / wide.sum(dim=1).clamp(min=1)
        return torch.nn.functional.normalize(mean, dim=1)

    def _embed(self, ids: Any) -> Any:
        w, torch = self.weights, self.torch
        places = torch.arange(ids.shape[1])
        words = w["embeddings.word_embeddings.weight"][ids]
        summed = words + w["embeddings.position_embeddings.weight"][places]
        summed = summed + w["embeddings.token_type_embeddings.weight"][0]
        return self._norm(summed, "embeddings.LayerNorm")

    def _layer(self, hidden: Any, mask: Any, layer: int) -> Any:
        name = f"encoder.layer.{layer}"
        attended = self._linear(self._attend(hidden, mask, name), f"{name}.attention.output.dense")
        hidden = self._norm(hidden + attended, f"{name}.attention.output.LayerNorm")
        inner = self.torch.nn.functional.gelu(self._linear(hidden, f"{name}.intermediate.dense"))
        return self._norm(
            hidden + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm"
        )

    def _attend(self, hidden: Any, mask: Any, name: str) -> Any:
        rows, tokens, width = hidden.shape

        def split(part: str) -> Any:
            made = self._linear(hidden, f"{name}.attention.self.{part}")
            return made.view(rows, tokens, _HEADS, width // _HEADS).transpose(1, 2)

        found = self.torch.nn.functional.scaled_dot_product_attention(
            split("query"), split("key"), split("value"), attn_mask=mask[:, None, None, :].bool()
        )
        return found.transpose(1, 2).reshape(rows, tokens, width)

    def _linear(self, x: Any, name: str) -> Any:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return self.torch.nn.functional.linear(x, weight, bias)

    def _norm(self, x: Any, name: str) -> Any:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return self.torch.nn.functional.layer_norm(x, x.shape[-1:], weight, bias, _EPSILON)


def top_names(names: Mapping[str, Any], layers: int) -> list[str]:
    """Names of the weights of the uppermost layers."""
    tops = [f"encoder.layer.{_LAYERS - 1 - n}." for n in range(layers)]
    return sorted(name for name in names if any(name.startswith(top) for top in tops))
