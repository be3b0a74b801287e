"""The agents of an opened project with their models: by the working files, and as deployed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pantheon.agents import Agent, AgentContext, ModelRegistry, OnAudit, SpecialistModel
from pantheon.clock import Clock
from pantheon.errors import NotFound
from pantheon.flows._deployed import Deployments, Setting
from pantheon.ids import ContentHash, derive_seed
from pantheon.spec import ModelDef, Project
from pantheon.store import Store

if TYPE_CHECKING:
    from pantheon.models import Budget, ChatModel, Embedder


class Workforce:
    """Makes agents and models when they are first needed, and gives them back at the end."""

    def __init__(  # noqa: PLR0913 (everything that agents need, named once)
        self,
        project: Project,
        store: Store,
        *,
        clock: Clock,
        load_specialist: Callable[[bytes], SpecialistModel],
        seed: int,
        stand_ins: Mapping[str, ChatModel] | None,
        embedder: Embedder | None,
        on_audit: OnAudit | None,
        budget: Budget | None,
        deployed: Deployments | None,
    ) -> None:
        """`stand_ins` are models in the place of those of that name."""
        self._project = project
        self._store = store
        self._clock = clock
        self._seed = seed
        self._stand_ins = stand_ins
        self._budget = budget
        self._deployed = deployed
        self.models = self._registry(project.models)
        self.context = AgentContext(
            store=store,
            clock=clock,
            seed=seed,
            models=self.models,
            embedder=embedder,
            root=project.root,
            load_specialist=load_specialist,
            on_audit=on_audit,
            capacity=project.limits,
            find_agent=self.agent,
        )
        self._own: dict[str, Agent] = {}
        self._chosen: dict[ContentHash, Agent] = {}
        self._settled: dict[ContentHash, AgentContext] = {}

    def agent(self, name: str) -> Agent:
        """The deployed agent of that name, else as the files define it. Raises NotFound."""
        chosen = None if self._deployed is None else self._deployed.agent(name)
        if chosen is None:
            return self.own_agent(name)
        if chosen.release not in self._chosen:
            context = self.within(chosen.release) or self.context
            self._chosen[chosen.release] = Agent(chosen.definition, context)
        return self._chosen[chosen.release]

    def own_agent(self, name: str) -> Agent:
        """The agent of that name, as the working files define it. Raises NotFound."""
        if name not in self._own:
            if name not in self._project.agents:
                known = ", ".join(self._project.agents) or "none"
                raise NotFound(f"There is no agent {name!r}.", hint=f"The agents are: {known}.")
            self._own[name] = Agent(self._project.agents[name], self.context)
        return self._own[name]

    def within(self, release: ContentHash | None) -> AgentContext | None:
        """The surroundings of a version; None when they are those of the working files."""
        if release is None or self._deployed is None:
            return None
        setting = self._deployed.setting(release)
        return None if setting is None else self._settle(setting)

    async def close(self) -> None:
        """Settle the audits that were begun, and give models back; may be called twice."""
        await self.context.settle()
        for context in self._settled.values():
            await context.close()
            if context.models is not self.models:
                await context.models.close()
        await self.context.close()
        await self.models.close()

    def _settle(self, setting: Setting) -> AgentContext:
        if setting.key not in self._settled:
            changed = {**self._project.models, **setting.models}
            models = self._registry(changed) if setting.models else self.models
            self._settled[setting.key] = self.context.within(models=models, code=setting.code)
        return self._settled[setting.key]

    def _registry(self, models: Mapping[str, ModelDef]) -> ModelRegistry:
        budget = self._budget
        return ModelRegistry(
            models,
            build=self._build_model,
            overrides=self._stand_ins,
            exhausted=lambda: budget is not None and budget.remaining <= 0,
            clock=self._clock,
        )

    def _build_model(self, definition: ModelDef) -> ChatModel:
        from pantheon.models import build_model

        return build_model(
            definition,
            budget=self._budget,
            clock=self._clock,
            seed=derive_seed(self._seed, "model", definition.name),
            folder=self._project.root,
            adapters=self._store.blobs.get,
        )
