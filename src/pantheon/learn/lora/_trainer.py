"""The training itself, with transformers, peft and trl; the same code on a CPU and on a GPU.

The base is read from the very GGUF file that is served, so its weights are the quantised ones that
the adapter will sit on. The loss counts the completion only.
"""

from __future__ import annotations

import json
import math
import resource
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pantheon.clock import Clock
from pantheon.learn.lora._child_files import CHECKPOINTS, PROGRESS
from pantheon.learn.lora._job import Job, Settings
from pantheon.learn.lora._result import Progress, Report, Stopped
from pantheon.models import Lesson, spare_cores

_IGNORED = -100
"""The label that a loss passes over."""
_PAD = "<pad>"
_FIXED_MEMORY = 1300 << 20
"""Bytes that Python, torch and the weights take before the first batch."""
_SLACK = 0.55
"""Of the memory that is left, what activations may take: the allocator's holes need the rest."""
_STATE = "trainer_state.json"
_WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Lessons to train on and to look at; how many were too long."""

    train: Sequence[Lesson]
    dev: Sequence[Lesson]
    dropped: int


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with its best adapter, and how it got there."""

    model: Any
    state: Any
    corpus: Corpus
    stopped: Stopped
    resumed: bool
    seconds: float
    device: str

    def report(self) -> Report:
        """What the parent is told."""
        looks: list[float] = [it["eval_loss"] for it in self.state.log_history if "eval_loss" in it]
        used = resource.getrusage(resource.RUSAGE_SELF)
        return Report(
            base_loss=looks[0],
            dev_loss=min(looks),
            steps=int(self.state.global_step),
            stopped=self.stopped,
            trained_on=len(self.corpus.train),
            dropped=self.corpus.dropped,
            resumed=self.resumed,
            seconds=self.seconds,
            cpu_seconds=used.ru_utime + used.ru_stime,
            # Linux counts in KiB, macOS in bytes.
            peak_rss=used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            device=self.device,
        )


def fit(folder: Path, job: Job, corpus: Corpus, *, started: float, clock: Clock) -> Trained:
    """Train until nothing is gained, the epochs are over, or the time is up."""
    torch: Any = import_module("torch")
    if not torch.cuda.is_available():
        torch.set_num_threads(job.budget.threads or spare_cores())
    model = _adapted_model(torch, job)
    watch = _make_watch(folder, job, started=started, clock=clock)
    trainer = _make_trainer(folder, job, model, corpus, watch)
    checkpoint = find_checkpoint(folder / CHECKPOINTS)
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    return Trained(
        model=trainer.model,
        state=trainer.state,
        corpus=corpus,
        stopped=_why(watch, trainer.state),
        resumed=checkpoint is not None,
        seconds=clock.elapsed() - started,
        device=str(trainer.args.device),
    )


def find_checkpoint(folder: Path) -> Path | None:
    """The latest that is whole: its state is written last. What was cut short is removed."""
    found: list[tuple[int, Path]] = []
    for path in folder.glob("checkpoint-*"):
        if _is_whole(path):
            found.append((int(path.name.rpartition("-")[2]), path))
        else:
            shutil.rmtree(path)
    return max(found, default=(0, None))[1]


def _is_whole(path: Path) -> bool:
    try:
        json.loads((path / _STATE).read_bytes())
    except (OSError, ValueError):
        return False
    return (path / _WEIGHTS).exists()


def _adapted_model(torch: Any, job: Job) -> Any:
    """The base in single precision, with an untrained adapter on every linear layer."""
    transformers: Any = import_module("transformers")
    peft: Any = import_module("peft")
    path = Path(job.weights)
    transformers.set_seed(job.settings.seed)
    base = transformers.AutoModelForCausalLM.from_pretrained(
        str(path.parent), gguf_file=path.name, dtype=torch.float32, local_files_only=True
    )
    # The file was quantised; these weights no longer are, and may be trained on.
    base.is_quantized = False
    shape = peft.LoraConfig(
        r=job.settings.rank,
        lora_alpha=job.settings.alpha,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    return peft.get_peft_model(base, shape)


def _make_trainer(folder: Path, job: Job, model: Any, corpus: Corpus, watch: Any) -> Any:
    trl: Any = import_module("trl")
    transformers: Any = import_module("transformers")
    datasets: Any = import_module("datasets")
    size = max(len(it.prompt) + len(it.answer) for it in corpus.train)
    together = _examples_at_once(job, model.config, size)
    patience = transformers.EarlyStoppingCallback(job.settings.patience)
    return trl.SFTTrainer(
        model=model,
        args=trl.SFTConfig(**_arguments(folder, job.settings, len(corpus.train), together)),
        train_dataset=datasets.Dataset.from_list([_as_example(it) for it in corpus.train]),
        eval_dataset=datasets.Dataset.from_list([_as_example(it) for it in corpus.dev]),
        processing_class=_padding_only(),
        callbacks=[patience, watch],
    )


def _as_example(lesson: Lesson) -> dict[str, list[int]]:
    masked = [_IGNORED] * len(lesson.prompt)
    return {"input_ids": [*lesson.prompt, *lesson.answer], "labels": [*masked, *lesson.answer]}


def _padding_only() -> Any:
    """A tokenizer that can only pad: the engine has read the texts already."""
    tokenizers: Any = import_module("tokenizers")
    transformers: Any = import_module("transformers")
    words = tokenizers.models.WordLevel({_PAD: 0}, unk_token=_PAD)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizers.Tokenizer(words), pad_token=_PAD, eos_token=_PAD
    )


def _examples_at_once(job: Job, config: Any, size: int) -> int:
    """As many of the longest examples as the memory has room for; the batch is added up from them.

    A layer keeps about 14 vectors of its width and 6 of its inner width for the way back.
    """
    layer = 14 * config.hidden_size + 6 * config.intermediate_size
    token = 4 * config.num_hidden_layers * layer
    room = _SLACK * (job.budget.memory - _FIXED_MEMORY)
    fitting = max(1, min(job.settings.batch, int(room / (token * size))))
    return 1 << (fitting.bit_length() - 1)


def _arguments(folder: Path, settings: Settings, examples: int, together: int) -> dict[str, Any]:
    torch: Any = import_module("torch")
    gpu = bool(torch.cuda.is_available())
    added = max(1, settings.batch // together)
    epoch = math.ceil(math.ceil(examples / together) / added)
    steps = max(1, math.ceil(settings.epochs * epoch))
    look = max(1, epoch // settings.evaluations)
    return {
        "output_dir": str(folder / CHECKPOINTS),
        "per_device_train_batch_size": together,
        "per_device_eval_batch_size": together,
        "gradient_accumulation_steps": added,
        "max_steps": steps,
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": min(10, steps // 10),
        "train_sampling_strategy": "group_by_length",
        "logging_steps": 1,
        "eval_on_start": True,
        "eval_strategy": "steps",
        "eval_steps": look,
        "save_strategy": "steps",
        "save_steps": look,
        "save_total_limit": 2,
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
        "restore_callback_states_from_checkpoint": True,
        "max_length": None,
        "use_cpu": not gpu,
        "bf16": gpu and bool(torch.cuda.is_bf16_supported()),
        "gradient_checkpointing": False,
        "dataloader_pin_memory": gpu,
        "disable_tqdm": True,
        "report_to": "none",
        "seed": settings.seed,
        "data_seed": settings.seed,
    }


def _make_watch(folder: Path, job: Job, *, started: float, clock: Clock) -> Any:
    """A callback that writes the journal, and ends the training when its time is up."""
    transformers: Any = import_module("transformers")
    journal = (folder / PROGRESS).open("ab")

    def on_log(self: Any, args: Any, state: Any, control: Any, **more: Any) -> None:
        del self, args, control
        said: dict[str, Any] = more.get("logs") or {}
        if not said.keys() & {"loss", "eval_loss"}:
            return
        seconds = clock.elapsed() - started
        line = Progress(
            state.global_step, state.max_steps, seconds, said.get("loss"), said.get("eval_loss")
        )
        journal.write(TypeAdapter(Progress).dump_json(line) + b"\n")
        journal.flush()

    def on_step_end(self: Any, args: Any, state: Any, control: Any, **more: Any) -> None:
        del args, state, more
        if clock.elapsed() - started > job.budget.seconds:
            self.out_of_time = True
            control.should_evaluate = control.should_save = control.should_training_stop = True

    methods = {"on_log": on_log, "on_step_end": on_step_end, "out_of_time": False}
    return type("Watch", (transformers.TrainerCallback,), methods)()


def _why(watch: Any, state: Any) -> Stopped:
    if watch.out_of_time:
        return "time"
    return "epochs" if state.global_step >= state.max_steps else "patience"
