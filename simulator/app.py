"""The third parties as one real HTTP service, for development and tests; it never leaves the machine it runs on."""

import os
from pathlib import Path

from fastapi import FastAPI

from simulator.exchange import Exchange
from simulator.inbox import inbox_routes
from simulator.journal import Journal
from simulator.partners import carrier_routes, message_routes, registry_routes

LATE_SECONDS = 10.0
"""Past the callers' patience of seven seconds (activities/providers/signed_http.py)."""


def create_app(secret: str, journal_file: Path | None = None, late_seconds: float = LATE_SECONDS) -> FastAPI:
    """Without ``journal_file`` everything is forgotten at the end of the process."""
    journal = Journal(journal_file)
    exchange = Exchange(secret, journal, late_seconds)
    app = FastAPI(title="Qianzhang partner simulator", docs_url=None, redoc_url=None)
    app.include_router(message_routes(exchange))
    app.include_router(carrier_routes(exchange, journal))
    app.include_router(registry_routes(exchange, journal))
    app.include_router(inbox_routes(journal))

    @app.get("/livez")
    async def livez() -> dict[str, object]:
        """The process id lets a supervisor see that its own child answers."""
        return {"status": "ok", "pid": os.getpid()}

    return app
