"""A person at the API, as the demonstration and the whole-stack tests need one: registers, uploads, acts, waits."""

import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx2

Found = TypeVar("Found")

CODE = re.compile(r"(?<![0-9A-Za-z_])\d{6}(?![0-9A-Za-z_])")
CALL_SECONDS = 60.0
POLL_SECONDS = 0.1
SHORTEST_RETRY_SECONDS = 1.0


class Refused(Exception):
    """The API answered with a problem (RFC 9457), or a wait ended without the state wanted."""


class Visitor:
    """One account's session; every POST carries an idempotency key, so that a repetition has one effect."""

    def __init__(self, server_url: str, simulator_url: str, mobile: str) -> None:
        self.api = httpx2.Client(base_url=server_url, timeout=CALL_SECONDS, trust_env=False)
        self.simulator = httpx2.Client(base_url=simulator_url, timeout=CALL_SECONDS, trust_env=False)
        self.mobile = mobile
        self.account_id = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()
        self.simulator.close()

    def register(self, name: str) -> None:
        """By a code to the mobile (A03), then logs in with the password."""
        password = f"Aa1{secrets.token_hex(6)}"
        challenge, code = self.receive_code("register")
        account = self.post("/v1/accounts", challenge_id=challenge, code=code, password=password, name=name)
        self.account_id = account["id"]
        session = self.post("/v1/sessions", contact=self.mobile, password=password)
        self.api.headers["authorization"] = f"Bearer {session['token']}"

    def receive_code(self, purpose: str, subject: str | None = None) -> tuple[str, str]:
        """Challenge id and the code that arrived for it."""
        before = self.inbox_size(self.mobile)
        request = {"channel": "sms", "to": self.mobile, "purpose": purpose} | ({"subject": subject} if subject else {})
        challenge = self.post("/v1/verification-codes", **request)["challenge_id"]
        return challenge, self.next_code(self.mobile, before)

    def inbox_size(self, mobile: str) -> int:
        return len(self.simulator.get(f"/inbox/{mobile}").json())

    def next_code(self, mobile: str, before: int, seconds: float = 30.0) -> str:
        """From the first message with a code that came after ``before`` others."""

        def arrived() -> str | None:
            messages = self.simulator.get(f"/inbox/{mobile}").json()
            fresh = messages[: len(messages) - before]
            codes = [match[0] for message in reversed(fresh) if (match := CODE.search(message["text"]))]
            return codes[-1] if codes else None

        return waited(arrived, seconds, "no code arrived")

    def upload(self, file: Path, kind: str) -> str:
        answer = self._send("POST", "/v1/uploads", files={"file": (file.name, file.read_bytes())}, data={"kind": kind})
        upload_id: str = answer.json()["id"]
        return upload_id

    def validate(self, file: Path) -> dict[str, Any]:
        return self.validate_bytes(file.read_bytes())

    def validate_bytes(self, data: bytes) -> dict[str, Any]:
        answer: dict[str, Any] = self._send("POST", "/v1/validations", files={"file": ("contract.pdf", data)}).json()
        return answer

    def act(self, view: dict[str, Any], name: str, **content: Any) -> dict[str, Any]:
        """Takes the link the view itself offers; raises Refused when it offers none by this name."""
        links = {action["name"]: action["href"] for action in view["actions"]}
        if name not in links:
            raise Refused(f"{view['kind']} in state {view['state']} offers {sorted(links)}, not {name}")
        return self.post(links[name], **content)

    def post(self, path: str, **content: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._send("POST", path, json=content).json()
        return answer

    def get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._send("GET", path).json()
        return answer

    def get_bytes(self, path: str) -> bytes:
        return self._send("GET", path).content

    def process(self, process_id: str) -> dict[str, Any]:
        return self.get(f"/v1/processes/{process_id}")

    def wait_for(self, process_id: str, state: str, seconds: float = 60.0) -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            view = self.process(process_id)
            return view if view["state"] == state else None

        return waited(there, seconds, f"{process_id} did not reach {state}")

    def child_of(self, process_id: str, kind: str, seconds: float = 30.0) -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            children = self.process(process_id)["children"]
            found = [child["id"] for child in children if child["kind"] == kind]
            return self.process(found[-1]) if found else None

        return waited(there, seconds, f"{process_id} has no child {kind}")

    def _send(self, method: str, path: str, **content: Any) -> httpx2.Response:
        """As a careful client does: the same key again when nobody answers, or the answer says that it helps."""
        headers = {"idempotency-key": secrets.token_hex(16)} if method == "POST" else {}
        end = time.monotonic() + CALL_SECONDS * 2
        while True:
            try:
                answer = self.api.request(method, path, headers=headers, **content)
            except httpx2.TransportError as error:
                refusal, pause = Refused(f"{method} {path}: {type(error).__name__}"), SHORTEST_RETRY_SECONDS
            else:
                if answer.is_success:
                    return answer
                refusal = Refused(f"{method} {path}: {answer.status_code} {answer.text}")
                pause = float(answer.headers.get("retry-after", 0)) if answer.status_code in (429, 503) else 0.0
            if not pause or time.monotonic() + pause > end:
                raise refusal
            time.sleep(max(pause, SHORTEST_RETRY_SECONDS))


def waited(look: Callable[[], Found | None], seconds: float, failure: str) -> Found:
    """What ``look`` finds at last; raises Refused when it finds nothing in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(POLL_SECONDS)
    raise Refused(f"{failure} within {seconds:.0f} s")
