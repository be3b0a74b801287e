"""What stands in front of a model and passes as it: limits, a circuit breaker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.models._model import Adaptable, ChatModel

if TYPE_CHECKING:
    from pantheon.ids import ContentHash


class AroundModel:
    """A model that says of itself what the one behind it says; `chat` is left to each kind."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def kind(self) -> str:
        return self._model.kind

    @property
    def remote(self) -> bool:
        return self._model.remote

    async def add_adapter(self, name: ContentHash, data: bytes) -> None:
        """Hand it to the model behind, if that takes any."""
        if isinstance(self._model, Adaptable):
            await self._model.add_adapter(name, data)

    async def close(self) -> None:
        """Close the model behind it."""
        await self._model.close()
