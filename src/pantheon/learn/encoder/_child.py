"""The child process: tune the encoder once for each fold and once on everything.

Classification by cosine: a text's vector is compared with one prototype for each answer, which begins
as the vector of the answer's own name; cross-entropy over the cosines divided by a temperature
(NormFace: Wang et al. 2017). The prototypes are thrown away: only the vectors are wanted.
"""

from __future__ import annotations

import json
import struct
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pantheon.learn.encoder._job import WHOLE, Lesson, TuneSettings, read_job, write_result
from pantheon.learn.encoder._network import Network, top_names
from pantheon.models import token_ids


def run_job(folder: Path) -> int:
    """Do what the folder's job says; the exit status tells whether there is a result."""
    torch = import_module("torch")
    lesson, settings, weights = read_job(folder)
    torch.set_num_threads(settings.threads)
    base = _read_safetensors(torch, weights)
    tokens = token_ids(lesson.texts, max_tokens=settings.max_tokens)
    arrays: dict[str, NDArray[np.generic]] = {}
    for fold in [*sorted(set(lesson.folds)), WHOLE]:
        tuner = _Tuner(torch, base, lesson, settings, tokens)
        tuned = tuner.tune(fold)
        arrays[f"vectors:{fold}"] = tuner.embed(tuned)
        if fold == WHOLE:
            arrays |= {f"weight:{name}": tuned[name].detach().numpy() for name in tuner.learning}
    write_result(folder, arrays)
    return 0


class _Tuner:
    """One encoder on its way."""

    def __init__(
        self,
        torch: Any,
        base: dict[str, Any],
        lesson: Lesson,
        settings: TuneSettings,
        tokens: list[list[int]],
    ) -> None:
        self._torch = torch
        self._base = base
        self._lesson = lesson
        self._settings = settings
        self._tokens = tokens
        self.learning = top_names(base, settings.layers)
        self._frozen = 6 - settings.layers

    def tune(self, fold: int) -> dict[str, Any]:
        """Weights tuned on all examples outside `fold`."""
        torch, settings = self._torch, self._settings
        torch.manual_seed(settings.seed)
        weights = dict(self._base)
        for name in self.learning:
            weights[name] = self._base[name].clone().requires_grad_(True)
        mine = [i for i, f in enumerate(self._lesson.folds) if f != fold]
        prototypes = self._prototypes(weights)
        learned = [weights[name] for name in self.learning]
        groups = [{"params": learned, "lr": settings.rate}, {"params": [prototypes], "lr": 1e-2}]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
        draw = np.random.default_rng(settings.seed)
        steps = settings.epochs * -(-len(mine) // settings.batch)
        schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.05, max(steps, 1))
        for _ in range(settings.epochs):
            order = draw.permutation(mine).tolist()
            for start in range(0, len(order), settings.batch):
                self._step(weights, prototypes, order[start : start + settings.batch], optimiser)
                schedule.step()
        return weights

    def _prototypes(self, weights: dict[str, Any]) -> Any:
        count = len(self._lesson.folds)
        named = list(range(count, count + self._lesson.names))
        with self._torch.no_grad():
            return self._vectors(weights, named).clone().requires_grad_(True)

    def _step(
        self, weights: dict[str, Any], prototypes: Any, batch: list[int], optimiser: Any
    ) -> None:
        functional = self._torch.nn.functional
        vectors = self._vectors(weights, batch)
        cosines = vectors @ functional.normalize(prototypes, dim=1).T
        truth = self._torch.tensor([self._lesson.answers[index] for index in batch])
        loss = functional.cross_entropy(cosines / self._settings.temperature, truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def _vectors(self, weights: dict[str, Any], batch: list[int]) -> Any:
        chosen = [self._tokens[index] for index in batch]
        longest = max(map(len, chosen))
        ids = self._torch.zeros((len(chosen), longest), dtype=self._torch.long)
        mask = self._torch.zeros((len(chosen), longest), dtype=self._torch.long)
        for row, numbers in enumerate(chosen):
            ids[row, : len(numbers)] = self._torch.tensor(numbers)
            mask[row, : len(numbers)] = 1
        return Network(self._torch, weights).vectors(ids, mask, frozen=self._frozen)

    def embed(self, weights: dict[str, Any]) -> NDArray[np.float32]:
        """Vectors of all texts."""
        made = [
            self._vectors(weights, list(range(start, min(start + 128, len(self._tokens)))))
            for start in self._torch.arange(0, len(self._tokens), 128).tolist()
        ]
        return self._torch.cat([part.detach() for part in made]).numpy().astype(np.float32)


def _read_safetensors(torch: Any, path: Path) -> dict[str, Any]:
    """The tensors of a safetensors file: a header of JSON, then plain little-endian numbers."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    found: dict[str, Any] = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        flat = np.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
        found[name] = torch.tensor(flat.copy())
    return found
