"""docker-compose.yml, .env.example and the code agree. No container engine is needed, and none is asked."""

import asyncio
import base64
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from temporalio.client import Client
from temporalio.service import ConnectConfig, ServiceClient

from cli import app
from local.temporal import temporal_binary
from models.settings import Settings
from workflows import search_attributes, task_queues

ROOT = Path(__file__).parent.parent
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "qianzhang"}
EXAMPLE = (ROOT / ".env.example").read_text()

# https://github.com/compose-spec/compose-spec/blob/main/spec.md, as far as this file goes
SERVICE_KEYS = {
    "image", "build", "restart", "init", "read_only", "tmpfs", "cap_drop", "security_opt", "environment", "depends_on",
    "command", "entrypoint", "ports", "healthcheck", "stop_grace_period", "volumes", "configs",
}  # fmt: skip
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<rule>:\?|:-(?P<fallback>(?:[^${}]|\$\{[^{}]*\})*))?\}")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY")


def interpolate(value: Any, given: dict[str, str]) -> Any:
    """As Compose does: ``${NAME:?}`` must be set and not empty, ``${NAME:-fallback}`` need not, ``$$`` is ``$``."""
    if isinstance(value, dict):
        return {key: interpolate(part, given) for key, part in value.items()}
    if isinstance(value, list):
        return [interpolate(part, given) for part in value]
    if not isinstance(value, str):
        return value

    def filled(found: re.Match[str]) -> str:
        if given.get(found["name"]):
            return given[found["name"]]
        assert found["fallback"] is not None, f"{found['name']} is not set"
        return str(interpolate(found["fallback"], given))

    return VARIABLE.sub(filled, value).replace("$$", "$")


def variables(text: str) -> Iterator[re.Match[str]]:
    for found in VARIABLE.finditer(text):
        yield found
        yield from variables(found["fallback"] or "")


USED = {found["name"] for found in variables(COMPOSE_TEXT)}
REQUIRED = {found["name"] for found in variables(COMPOSE_TEXT) if found["rule"] == ":?"}
MUST_SET = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
MAY_SET = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))


@pytest.fixture
def filled_in() -> dict[str, str]:
    """.env.example as a careful operator completes it."""
    secret = base64.b64encode(bytes(range(32))).decode()
    invented = {name: secret if SECRET.search(name) else "https://partner.example" for name in MUST_SET}
    return invented | {name: value for name, value in MUST_SET.items() if value}


def settings_of(service: dict[str, Any], given: dict[str, str], patch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.startswith("QIANZHANG_")]:
        patch.delenv(name)
    for name, value in interpolate(service["environment"], given).items():
        patch.setenv(name, str(value))
    return Settings()


def parsed(arguments: list[str]) -> tuple[str, dict[str, Any]]:
    """Command and parameters; raises typer's usage error for what the command line would refuse."""
    group = typer.main.get_group(app)
    name, command, rest = group.resolve_command(group.context_class(group), arguments)
    assert name
    assert command
    return name, command.make_context(name, rest).params


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_as_the_compose_specification_has_it(name: str) -> None:
    service = SERVICES[name]
    assert set(service) <= SERVICE_KEYS
    assert ":" in service["image"] or "build" in service, "a foreign image without a version"
    for other, link in service.get("depends_on", {}).items():
        assert link["condition"] in CONDITIONS
        assert "healthcheck" in SERVICES[other] or link["condition"] != "service_healthy"
        assert SERVICES[other]["restart"] == "on-failure" or link["condition"] != "service_completed_successfully"
    for mounted in service.get("volumes", []):
        assert mounted.partition(":")[0] in COMPOSE["volumes"]
    for mounted in service.get("configs", []):
        assert mounted["source"] in COMPOSE["configs"]
    for published in service.get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:(\d+):\1", published), "published beyond this host"


def test_the_file_has_only_sections_that_compose_knows() -> None:
    known = {"name", "services", "configs", "volumes"}
    assert {section for section in COMPOSE if not section.startswith("x-")} == known


def test_no_service_waits_for_itself() -> None:
    def waits_for(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"circle: {path}"
        for other in SERVICES[name].get("depends_on", {}):
            waits_for(other, (*path, name))

    for name in SERVICES:
        waits_for(name, ())


def test_every_dollar_is_a_variable_or_escaped() -> None:
    left = VARIABLE.sub("", VARIABLE.sub("", COMPOSE_TEXT)).replace("$$", "")
    assert "$" not in left


def test_no_secret_has_a_default() -> None:
    secrets = {name for name in USED if SECRET.search(name)}
    assert secrets >= {"QIANZHANG_MASTER_KEY", "POSTGRES_PASSWORD", "AWS_SECRET_ACCESS_KEY"}
    assert secrets <= REQUIRED
    assert all(MUST_SET[name] == "" for name in secrets)


def test_the_example_lists_every_variable_and_no_other() -> None:
    assert set(MUST_SET) == REQUIRED
    assert set(MAY_SET) == USED - REQUIRED
    assert len(re.findall(r"^(?:# )?[A-Z_]+=", EXAMPLE, re.MULTILINE)) == len(USED), "one listed twice"


def test_what_the_example_says_is_used_is_what_is_used() -> None:
    optional = [found for found in variables(COMPOSE_TEXT) if found["fallback"] is not None]
    fallbacks = {found["name"]: found["fallback"] for found in optional}
    assert {(found["name"], found["fallback"]) for found in optional} == set(fallbacks.items()), "two defaults"
    shown = {name: re.sub(r"\$\{POSTGRES_PASSWORD:\?\}", "PASSWORD", text) for name, text in fallbacks.items()}
    assert shown == MAY_SET


def test_every_variable_of_the_example_has_a_comment() -> None:
    for paragraph in EXAMPLE.strip().split("\n\n"):
        first = paragraph.splitlines()[0]
        assert first.startswith("# ")
        assert not re.match(r"# [A-Z_]+=", first), paragraph


def test_our_services_set_exactly_the_settings_of_the_code() -> None:
    fields = {f"QIANZHANG_{name.upper()}" for name in Settings.model_fields}
    given = {name for service in OURS.values() for name in service["environment"] if name.startswith("QIANZHANG_")}
    assert given == fields
    assert {name for name in [*MUST_SET, *MAY_SET] if name.startswith("QIANZHANG_")} == fields


@pytest.mark.parametrize("name", OURS)
def test_the_settings_of_every_service_are_accepted(
    name: str, filled_in: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(OURS[name], filled_in, monkeypatch)
    assert settings.environment == "production"
    assert settings.database_url.startswith("postgresql+asyncpg://qianzhang:")
    assert (settings.codec_origin is not None) == (name == "codec")


@pytest.mark.parametrize("missing", sorted(REQUIRED))
def test_without_a_required_variable_nothing_starts(missing: str, filled_in: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match=f"{missing} is not set"):
        interpolate(COMPOSE, filled_in | {missing: ""})


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_the_command_line(name: str) -> None:
    command, parameters = parsed(OURS[name]["command"])
    assert command in {"migrate", "server", "worker"}
    if command == "server":
        assert parameters["host"] == "0.0.0.0"


def test_the_images_own_command_is_one_too() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    entrypoint = re.search(r"^ENTRYPOINT (.+)$", dockerfile, re.MULTILINE)
    arguments = re.search(r"^CMD (.+)$", dockerfile, re.MULTILINE)
    assert entrypoint
    assert arguments
    assert yaml.safe_load(entrypoint[1]) == ["qianzhang"]
    assert parsed(yaml.safe_load(arguments[1]))[1]["port"] == 8000


def test_there_is_a_worker_for_each_task_queue() -> None:
    commands = [parsed(service["command"]) for service in OURS.values()]
    queues = [parameters["queue"] for name, parameters in commands if name == "worker"]
    assert sorted(queues) == sorted(task_queues.ALL)


@pytest.mark.parametrize("name", ["server", "codec"])
def test_a_server_is_published_and_probed_where_it_listens(name: str) -> None:
    port = parsed(OURS[name]["command"])[1]["port"]
    assert OURS[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"http://127.0.0.1:{port}/readyz" in OURS[name]["healthcheck"]["test"][-1]


def test_ports_are_those_of_the_code(filled_in: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(OURS["server"], filled_in, monkeypatch)
    default_port = Settings.model_fields["temporal_address"].default.rpartition(":")[2]
    assert settings.temporal_address == f"temporal:{default_port}"
    assert SERVICES["temporal"]["healthcheck"]["test"][-1] == default_port
    assert parsed(["server"])[1]["port"] == parsed(OURS["server"]["command"])[1]["port"]
    assert settings.timestamp_url == f"http://server:{parsed(['server'])[1]['port']}/pki/timestamp"
    assert interpolate(OURS["server"]["environment"], filled_in)["AWS_ENDPOINT"].endswith(
        SERVICES["objects"]["environment"]["VGW_PORT"]
    )


def test_the_addresses_given_to_others_are_routes_of_ours() -> None:
    from server import ROUTERS

    paths = {(method, route.path) for router in ROUTERS for route in router.routes for method in route.methods}
    codec_port = parsed(OURS["codec"]["command"])[1]["port"]
    assert SERVICES["temporal-ui"]["environment"]["TEMPORAL_CODEC_ENDPOINT"] == f"http://127.0.0.1:{codec_port}/codec"
    assert {("POST", "/codec/decode"), ("POST", "/pki/timestamp"), ("GET", "/readyz")} <= paths
    assert MUST_SET["QIANZHANG_CODEC_ORIGIN"] == f"http://{SERVICES['temporal-ui']['ports'][0].rpartition(':')[0]}"


def test_search_attributes_are_those_of_the_code() -> None:
    registered = re.findall(r"\b([A-Z][A-Za-z]+):([A-Z][a-z]+)\b", SERVICES["temporal-setup"]["command"][0])
    kinds = {key.name: key.indexed_value_type.name.capitalize() for key in search_attributes.ALL}
    assert dict(registered) == kinds


async def test_the_setup_job_makes_namespace_and_attributes_and_may_run_again(
    tmp_path: Path, free_port: Callable[[], int], filled_in: dict[str, str]
) -> None:
    """The job's own script against a real Temporal server, by the same command line tool."""
    port, binary = free_port(), temporal_binary()
    start = [binary, "server", "start-dev", "--headless", "--port", str(port), "--http-port", str(free_port())]
    environment = {"HOME": str(tmp_path), "PATH": f"{binary.parent}:/usr/bin:/bin"}
    with (tmp_path / "temporal.log").open("wb") as log:
        engine = subprocess.Popen(start, stdout=log, stderr=log, env=environment)
    try:
        client = Client(await answering(f"127.0.0.1:{port}"), namespace="qianzhang")
        job = interpolate(SERVICES["temporal-setup"], filled_in | {"QIANZHANG_TEMPORAL_NAMESPACE": "qianzhang"})
        given = environment | job["environment"] | {"TEMPORAL_ADDRESS": f"127.0.0.1:{port}"}
        for _ in range(2):
            run_until_it_succeeds([*job["entrypoint"], *job["command"]], given)
        assert await search_attributes.missing(client) == []
    finally:
        engine.kill()
        engine.wait()


async def answering(address: str) -> ServiceClient:
    for _ in range(100):
        try:
            return await ServiceClient.connect(ConnectConfig(target_host=address))
        except RuntimeError:
            await asyncio.sleep(0.1)
    raise AssertionError(f"nothing answers at {address}")


def run_until_it_succeeds(command: list[str], environment: dict[str, str]) -> None:
    """``restart: on-failure``: a new namespace is known to the whole server only after a moment."""
    for _ in range(20):
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode == 0:
            return
    raise AssertionError(done.stderr)
