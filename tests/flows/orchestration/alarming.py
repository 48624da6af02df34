"""An alarm that goes off: python -m tests.flows.orchestration.alarming SETTINGS

Prints as JSON how many automations there are after it was set twice and after it was taken away,
and how many messages the flow got accepted that it started. In a process of its own, which ends
with all that Prefect leaves open.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun

from flows.configuration.settings import load
from flows.orchestration import orchestrated
from flows.orchestration.alarm import NAME, keep_alarm
from flows.orchestration.serve import deployments

ALMOST_AT_ONCE = timedelta(seconds=10)
"""The least that Prefect takes for the time in which an event is missed."""
LONGEST_SECONDS = 120


async def alarmed(config: Path) -> dict[str, int]:
    """What came of it."""
    made = {deployment.name: deployment for deployment in await deployments(load(config))}
    id_ = await made["silence"].aapply()
    async with get_client() as client:
        for _ in range(2):
            await keep_alarm(client, id_, ALMOST_AT_ONCE)
        found = {"set twice": len(await client.read_automations_by_name(NAME))}
        run = await _fired(client, id_)
        await keep_alarm(client, id_, timedelta())
        found["taken away"] = len(await client.read_automations_by_name(NAME))
    found["told"] = await orchestrated.silence(**run.parameters)
    orchestrated.flush()
    return found


async def _fired(client: PrefectClient, deployment: UUID) -> FlowRun:
    ours = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
    deadline = time.monotonic() + LONGEST_SECONDS
    while not (runs := await client.read_flow_runs(deployment_filter=ours)):
        assert time.monotonic() < deadline, "it did not go off"
        await asyncio.sleep(1)
    return runs[0]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(alarmed(Path(sys.argv[1])))))  # noqa: T201
