"""What stands in front of a model and passes as it: limits, a circuit breaker."""

from __future__ import annotations

from pantheon.models._model import ChatModel


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

    async def close(self) -> None:
        """Close the model behind it."""
        await self._model.close()
