"""The alarm: Prefect looks for silence itself where no cycle is completed for too long.

An automation of the server that `noroshi serve` starts. What fires it is an event that does not
come; what it does is to run the flow `silence`, which tells through the outbox as always.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from flows.configuration.settings import House

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.events.schemas.automations import AutomationCore

NAME = "no completed cycle"


def patience(house: House) -> timedelta:
    """How long no cycle may be completed; nothing where that does not matter."""
    return house.settings.silence.cycles * timedelta(minutes=house.settings.schedule.watch_minutes)


async def keep_alarm(client: PrefectClient, deployment: UUID, within: timedelta) -> None:
    """Have exactly one automation that runs `deployment` once for each time `within` without a
    completed cycle; none where `within` is nothing. Doing it again changes nothing.

    Its time begins anew, so that what stood still while nothing ran is not told as missing.
    """
    for former in await client.read_automations_by_name(NAME):
        await client.delete_automation(former.id)
    if within:
        await client.create_automation(_automation(deployment, within))


def _automation(deployment: UUID, within: timedelta) -> AutomationCore:
    from prefect.events.actions import RunDeployment
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    return AutomationCore(
        name=NAME,
        description="Tells operators through noroshi's own channels.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Completed"},
            match_related={
                "prefect.resource.role": "flow",
                "prefect.resource.name": "watch",
            },
            posture=Posture.Proactive,
            threshold=1,
            within=within,
        ),
        actions=[
            RunDeployment(
                source="selected", deployment_id=deployment, parameters=None, job_variables=None
            )
        ],
    )
