"""What torch thinks of an answer, with a trained adapter: a program, so that no test loads torch.

`python torch_side.py JOB_FOLDER CHECKPOINT` reads pairs of prompt and answer tokens as JSON from
standard input; for each it prints the log-probability of every token of the answer, and of the
token that torch would have written there.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def main(folder: Path, checkpoint: Path) -> None:
    """Load base and adapter as they were trained, and judge."""
    torch: Any = import_module("torch")
    torch.set_num_threads(1)
    weights = Path(json.loads((folder / "job.json").read_text())["weights"])
    base = import_module("transformers").AutoModelForCausalLM.from_pretrained(
        str(weights.parent), gguf_file=weights.name, dtype=torch.float32
    )
    model = import_module("peft").PeftModel.from_pretrained(base, str(checkpoint)).eval()
    with torch.no_grad():
        said = [_judge(torch, model, prompt, answer) for prompt, answer in json.load(sys.stdin)]
    sys.stdout.write(json.dumps(said))


def _judge(torch: Any, model: Any, prompt: list[int], answer: list[int]) -> dict[str, list[float]]:
    scores = model(torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
    at = scores[len(prompt) - 1 : -1]
    own = at[torch.arange(len(answer)), torch.tensor(answer)]
    return {"own": own.tolist(), "best": at.max(-1).values.tolist()}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
