"""``python -m simulator --port 8090 --journal var/simulator.jsonl``; QIANZHANG_PROVIDER_SECRET is the shared secret."""

import argparse
import os
from pathlib import Path

import uvicorn

from simulator.app import create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulator", description="The simulated third parties.")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--journal", type=Path, default=None, help="keep inbox and records in this file")
    arguments = parser.parse_args()
    app = create_app(os.environ["QIANZHANG_PROVIDER_SECRET"], arguments.journal)
    # No access log: addresses of people stand in the inbox's paths.
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, access_log=False, timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
