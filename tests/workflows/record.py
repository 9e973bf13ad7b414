"""Record one history per workflow and way through it: ``python -m tests.workflows.record``.

Run it only when a workflow's history is meant to change; otherwise ``workflow.patched`` keeps these replaying.
"""

import tempfile
from datetime import timedelta
from pathlib import Path

from tests.people import Applicant
from tests.platform import Platform
from tests.shared_cluster import SharedCluster

HISTORIES = Path(__file__).parent / "histories"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cluster = SharedCluster(Path(folder))
        cluster.enter()
        with cluster.database("recording") as url, Platform(url, Path(folder) / "platform") as platform:
            record_all(platform)
        cluster.leave()


def record_all(platform: Platform) -> None:
    sender = platform.applicant()
    verified = sender.until_verified()
    keep(platform, verified["id"], "enterprise_verification.verified")
    keep(platform, verified["children"][0]["id"], "phone_check.proven")
    left = platform.applicant()
    view, check = left.until_checking()
    left.act(view, "withdraw")
    left.wait_for(check["id"], "abandoned")
    keep(platform, view["id"], "enterprise_verification.withdrawn")
    keep(platform, check["id"], "phone_check.abandoned")
    late = platform.applicant()
    view = late.until_confirmed()
    platform.skip(view["id"], timedelta(days=8))
    late.wait_for(view["id"], "expired")
    keep(platform, view["id"], "enterprise_verification.expired")
    record_contracts(platform, sender)


def record_contracts(platform: Platform, sender: Applicant) -> None:
    completed, returned, expired = (sender.draft([sender.as_party()])["id"] for _ in range(3))
    for contract_id in (completed, returned, expired):
        sender.post(f"/v1/contracts/{contract_id}/send")
    view = sender.act(sender.wait_for(completed, "signing"), "open")
    platform.forget_quota(sender)
    challenge, code = sender.receive_code("sign_contract", subject=completed)
    digest = view["subject"]["document_sha256"]
    sender.act(view, "consent", challenge_id=challenge, code=code, document_sha256=digest)
    sender.wait_for(completed, "completed")
    keep(platform, completed, "contract_signing.completed")
    sender.post(f"/v1/contracts/{returned}/return", reason="样例")
    keep(platform, returned, "contract_signing.returned")
    platform.skip(expired, timedelta(days=31))
    sender.wait_for(expired, "expired")
    keep(platform, expired, "contract_signing.expired")
    keep(platform, f"msg_{challenge.partition('_')[2]}", "message_delivery.sent")
    sender.validate_bytes(sender.get_bytes(f"/v1/contracts/{completed}/file"))
    keep(platform, newest_validation(platform), "validation.valid")


def newest_validation(platform: Platform) -> str:
    async def find() -> str:
        async for execution in platform.client.list_workflows("WorkflowType = 'Validation'"):
            return execution.id
        raise LookupError("no validation ran")

    return platform.run(find())


def keep(platform: Platform, workflow_id: str, name: str) -> None:
    handle = platform.client.get_workflow_handle(workflow_id)
    platform.run(handle.result())
    history = platform.run(handle.fetch_history())
    HISTORIES.mkdir(exist_ok=True)
    (HISTORIES / f"{name}.json").write_text(history.to_json())


if __name__ == "__main__":
    main()
