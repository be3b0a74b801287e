"""Models that need no engine: answers from a script, and answers recorded earlier.

Both say so in every reply (`source`), so that nothing they answer can pass for a model's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

from pantheon.ids import Json, JsonObject, hash_json
from pantheon.models._model import ChatReply, ChatRequest, FailureReason, ModelFailure
from pantheon.models._structured import read_answer

ScriptedAnswer: TypeAlias = "str | JsonObject | list[Json] | ModelFailure | ChatReply"
"""Text, a JSON value, a failure to raise, or a whole reply to give as it is."""


class ScriptedModel:
    """Answers from a list, one each, or from a function of the request; keeps every request.

    A list that is used up is a ModelFailure (`unavailable`). An answer that does not satisfy the
    request's schema is one too (`bad_reply`), as it would be from a real model.
    """

    kind = "scripted"

    def __init__(
        self,
        script: Sequence[ScriptedAnswer] | Callable[[ChatRequest], ScriptedAnswer],
        *,
        name: str = "scripted",
        remote: bool = False,
        cost_usd: float = 0.0,
    ) -> None:
        """`cost_usd` is what each answer is said to have cost."""
        self.name = name
        self.remote = remote
        self.requests: list[ChatRequest] = []
        self.closed = False
        self._cost_usd = cost_usd
        self._script = script

    async def chat(self, request: ChatRequest) -> ChatReply:
        """The next answer of the script."""
        self.requests.append(request)
        answer = self._script(request) if callable(self._script) else self._next(self._script)
        if isinstance(answer, ModelFailure):
            raise answer
        if isinstance(answer, ChatReply):
            _tell_words(answer.text, request)
            return answer
        return make_reply(
            answer, request, model=self.name, source="scripted", cost_usd=self._cost_usd
        )

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def _next(self, script: Sequence[ScriptedAnswer]) -> ScriptedAnswer:
        asked = len(self.requests)
        if asked <= len(script):
            return script[asked - 1]
        return ModelFailure(
            FailureReason.UNAVAILABLE,
            f"The script of {self.name} has {len(script)} answers and was asked {asked} times.",
        )


class RecordedModel:
    """Answers with what was recorded for the same input; an unknown input is `unavailable`.

    The input is the request's `input`, or else the text of its last message, by `hash_json`.
    """

    kind = "recorded"

    def __init__(
        self,
        pairs: Iterable[tuple[Json, Json]],
        *,
        name: str = "recorded",
        remote: bool = True,
        cost_usd: float = 0.0,
    ) -> None:
        """`pairs` of input and output; the last of several outputs for one input counts.

        `remote` by default: a recording plays the cloud, and is held to what the cloud is.
        `cost_usd` is what each answer is said to have cost.
        """
        self.name = name
        self.remote = remote
        self._answers = {hash_json(given): output for given, output in pairs}
        self._cost_usd = cost_usd

    def record(self, given: Json, output: Json) -> None:
        """From now on answer this input so: a recording may answer one input in several ways."""
        self._answers[hash_json(given)] = output

    async def chat(self, request: ChatRequest) -> ChatReply:
        """The recorded answer."""
        asked: Json = request.input
        if asked is None:
            asked = request.messages[-1].content if request.messages else ""
        key = hash_json(asked)
        if key not in self._answers:
            raise ModelFailure(
                FailureReason.UNAVAILABLE, f"Nothing was recorded in {self.name} for this input."
            )
        return make_reply(
            self._answers[key],
            request,
            model=self.name,
            source="recorded",
            cost_usd=self._cost_usd,
        )

    async def close(self) -> None:
        """There is nothing to give back."""


def make_reply(
    answer: Json,
    request: ChatRequest,
    *,
    model: str,
    source: Literal["scripted", "recorded"],
    cost_usd: float,
) -> ChatReply:
    """A reply around a ready answer; its tokens are counted as words."""
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    _tell_words(text, request)
    output: Json = None
    if request.schema is not None:
        reading = read_answer(text, request.schema)
        if reading.problems:
            said = f"The answer of {model} does not fit the schema: {reading.problems[0]}."
            raise ModelFailure(FailureReason.BAD_REPLY, said)
        output = reading.output
    return ChatReply(
        text=text,
        output=output,
        tokens_in=sum(len(message.content.split()) for message in request.messages),
        tokens_out=len(text.split()),
        cost_usd=cost_usd,
        latency=0.0,
        model=model,
        source=source,
        logprob=None,
    )


def _tell_words(text: str, request: ChatRequest) -> None:
    """Word by word, as a model would."""
    if request.on_token is not None:
        for word in re.findall(r"\s*\S+\s*$|\s*\S+", text):
            request.on_token(word)
