"""The `python` tier in a worker process: the same function, where it cannot harm anybody else."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._functions import FunctionFault
from pantheon.agents._pool import Job, WorkerLimits, WorkerPool
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, abstain
from pantheon.agents._tier_python import output_fields
from pantheon.ids import JsonObject
from pantheon.spec import AgentDef, PythonTier


class ProcessRunner:
    """Has `module:function` called by a worker of the pool, and gives what came of it."""

    kind = "python"
    sends_out = False

    def __init__(self, tier: PythonTier, agent: AgentDef, pool: Callable[[], WorkerPool]) -> None:
        """`pool` is asked for when the first input comes: many commands never need it."""
        self._tier = tier
        self._fields = output_fields(agent)
        resources = agent.resources
        self._limits = WorkerLimits(resources.memory, threads=max(1, math.ceil(resources.cpu)))
        self._pool = pool

    def unusable(self) -> Abstention | None:
        return None

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        job = Job(self._tier.function, input, self._tier.timeout, request, self._fields)
        try:
            reply = await self._pool().call(job, self._limits)
        except FunctionFault as fault:
            return abstain(self.kind, fault.reason, fault.detail)
        if "output" in reply:
            output = cast("JsonObject", reply["output"])
            return TierAnswer(output, "code", str(reply["accepted"]))
        return abstain(self.kind, Reason(reply["reason"]), str(reply["detail"]))
