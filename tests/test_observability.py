import json
import logging

import httpx2
import pytest
import structlog
from fastapi import FastAPI

from observability import RequestLog, formatter

ID_NUMBER = "999999199001010016"


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(formatter("test"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def last(self) -> dict[str, object]:
        line: dict[str, object] = json.loads(self.lines[-1])
        return line


@pytest.fixture
def lines() -> Lines:
    structlog.configure(
        processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    handler = Lines()
    root = logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.INFO)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_field_that_is_not_allowed_is_dropped_and_only_its_name_told(lines: Lines) -> None:
    structlog.stdlib.get_logger("here").info("registered", account_id="acc_1", mobile="19900000001")
    assert lines.last()["account_id"] == "acc_1"
    assert lines.last()["dropped"] == ["mobile"]
    assert "19900000001" not in lines.lines[-1]


@pytest.mark.parametrize("personal", [ID_NUMBER, "19900000001", "张样例", "somebody@example.test", "482913"])
def test_free_text_of_other_libraries_loses_what_may_be_personal(lines: Lines, personal: str) -> None:
    logging.getLogger("another.library").warning("refused %s, again", personal)
    assert lines.last()["event"] == "refused [masked], again"


def test_ids_of_ours_stay_readable(lines: Lines) -> None:
    logging.getLogger("here").info("prc_01990000000070008000000000000000 waits on port 54321")
    assert lines.last()["event"] == "prc_01990000000070008000000000000000 waits on port 54321"


def test_an_exception_is_told_by_class_and_place_not_by_its_text(lines: Lines) -> None:
    try:
        try:
            raise ValueError(f"Key (number)=({ID_NUMBER}) already exists")
        except ValueError as error:
            raise RuntimeError("张样例") from error
    except RuntimeError:
        logging.getLogger("here").exception("failed")
    exceptions = lines.last()["exception"]
    assert [told["type"] for told in exceptions] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert "test_observability.py" in exceptions[0]["frames"][-1]
    assert ID_NUMBER not in lines.lines[-1]
    assert "\\u5f20" not in lines.lines[-1]


def test_a_line_stays_one_line_and_shows_no_control_character(lines: Lines) -> None:
    logging.getLogger("here").warning('a\nb\r\x1b[31m\u2028\u202e{"level": "fake"}')
    assert lines.lines[-1].isascii()
    assert lines.lines[-1].isprintable()
    assert lines.last()["level"] == "warning"


async def test_every_request_has_an_id_and_one_line_with_the_route_template(
    lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "httpx2")  # the test's own client
    app = FastAPI()

    @app.get("/links/{secret}")
    async def open_link(secret: str) -> str:
        logging.getLogger("here").info("opened")
        return secret

    transport = httpx2.ASGITransport(RequestLog(app))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/links/s3cr3t-token", headers={"x-request-id": "asked-for-1"})
        assert answer.headers["x-request-id"] == "asked-for-1"
        other = await client.get("/links/s3cr3t-token", headers={"x-request-id": "no\tgood"})
        assert other.headers["x-request-id"].startswith("req_")
    told = [json.loads(line) for line in lines.lines]
    ours = [line for line in told if line.get("request_id") == "asked-for-1"]
    assert [line["event"] for line in ours] == ["opened", "request"]
    assert ours[1]["route"] == "/links/{secret}"
    assert ours[1]["status"] == 200
    assert "s3cr3t" not in "".join(lines.lines)
