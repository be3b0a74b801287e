"""What the engine makes of a conversation: the tokens a model reads, and is to write.

Asked of the engine itself, template and tokenizer and all, so that a model is trained on exactly
what it will be served: no second implementation has to agree with llama.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2
from pydantic import BaseModel

from pantheon.ids import Json, JsonObject
from pantheon.models._llama import LlamaModel, chat_turns
from pantheon.models._model import Message

if TYPE_CHECKING:
    from types import TracebackType

_ANSWER = "yes"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Token numbers of a prompt, and of the answer with the mark that ends it."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]


class _Rendered(BaseModel):
    prompt: str


class _Tokens(BaseModel):
    tokens: list[int]


class TokenReader:
    """Asks the server of a loaded model; use it as `async with TokenReader(model) as reader`."""

    def __init__(self, model: LlamaModel) -> None:
        self._model = model
        self._end: int | None = None

    async def __aenter__(self) -> TokenReader:
        endpoint = await self._model.endpoint()
        self._client = httpx2.AsyncClient(
            base_url=endpoint.base_url.removesuffix("/v1"),
            headers={"Authorization": f"Bearer {endpoint.api_key}"},
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def prompt(self, messages: Sequence[Message]) -> str:
        """The text of the conversation up to where the model begins."""
        return await self._render(chat_turns(messages))

    async def read(self, messages: Sequence[Message], answer: str) -> Lesson:
        """The tokens of one exchange."""
        prompt = await self._tokens(await self.prompt(messages), special=True)
        if self._end is None:
            self._end = await self._end_of_turn()
        written = await self._tokens(answer, special=False)
        return Lesson(tuple(prompt), (*written, self._end))

    async def _end_of_turn(self) -> int:
        """The first token that the template writes after an answer."""
        asked = chat_turns([Message("user", "?")])
        more = chat_turns([Message("assistant", _ANSWER), Message("user", "?")])
        whole = await self._render([*asked, *more])
        rest = whole.removeprefix(await self._render(asked)).removeprefix(_ANSWER)
        return (await self._tokens(rest, special=True))[0]

    async def _render(self, turns: Sequence[JsonObject]) -> str:
        return _Rendered.model_validate(
            await self._post("/apply-template", {"messages": list(turns)})
        ).prompt

    async def _tokens(self, text: str, *, special: bool) -> list[int]:
        asked: JsonObject = {"content": text, "add_special": special, "parse_special": special}
        return _Tokens.model_validate(await self._post("/tokenize", asked)).tokens

    async def _post(self, path: str, body: JsonObject) -> Json:
        reply = await self._client.post(path, json=body)
        reply.raise_for_status()
        return reply.json()
