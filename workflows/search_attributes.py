"""What operators can search flows by; never personal data, for these are stored as they are."""

from typing import Any

from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey

PROCESS = SearchAttributeKey.for_keyword("Process")
STAGE = SearchAttributeKey.for_keyword("Stage")
WAITING_FOR = SearchAttributeKey.for_keyword("WaitingFor")
ENTERPRISE_REF = SearchAttributeKey.for_keyword("EnterpriseRef")
DEADLINE = SearchAttributeKey.for_datetime("Deadline")
STAGE_SINCE = SearchAttributeKey.for_datetime("StageSince")

ALL: list[SearchAttributeKey[Any]] = [PROCESS, STAGE, WAITING_FOR, ENTERPRISE_REF, DEADLINE, STAGE_SINCE]


async def missing(client: Client) -> list[str]:
    """Names the namespace does not know; a worker must not start then: every upsert would fail its task for ever."""
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return sorted(key.name for key in ALL if key.name not in answer.custom_attributes)
