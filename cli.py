"""``qianzhang …``: run the platform or a part of it, look at a signed PDF, ask what is missing.

Imports stand inside the commands so that each starts with what it needs and no more.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from models.validation import SignatureVerdict, TimestampVerdict, ValidationReport

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False)


def main() -> None:
    app()


@app.command()
def up() -> None:
    """Start the whole platform on this machine and keep it until Ctrl-C."""
    from local.foreground import run_until_ended

    leave(run_until_ended(console))


@app.command()
def demo() -> None:
    """Show the main job, from a licence photo to a signed contract, on a fresh stack; leaves var/demo."""
    from local.foreground import run_demonstration

    leave(run_demonstration(console))


@app.command()
def migrate() -> None:
    """Bring the tables of QIANZHANG_DATABASE_URL to this version."""
    from models.migrations import upgrade

    upgrade(os.environ["QIANZHANG_DATABASE_URL"])


@app.command()
def server(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the HTTP API."""
    import uvicorn

    from models.settings import Settings
    from observability import configure_logging
    from server import create_app

    configure_logging("server")
    uvicorn.run(create_app(Settings()), host=host, port=port, log_config=None, timeout_graceful_shutdown=5)


@app.command()
def worker(queue: Annotated[str, typer.Argument(help="processes, ocr or sealing")]) -> None:
    """Do the work of one task queue."""
    from models.settings import Settings
    from observability import configure_logging
    from worker import run_worker

    configure_logging(f"worker {queue}")
    asyncio.run(run_worker(queue, Settings()))
    leave(0)


@app.command()
def simulator(port: int = 8090) -> None:
    """Stand in for the third parties (development and tests only); needs QIANZHANG_PROVIDER_SECRET."""
    import uvicorn

    from simulator.app import create_app

    application = create_app(os.environ["QIANZHANG_PROVIDER_SECRET"])
    uvicorn.run(application, host="127.0.0.1", port=port, access_log=False)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    root: Annotated[
        list[Path] | None, typer.Option(exists=True, help="certificate to trust, DER or PEM; may be repeated")
    ] = None,
) -> None:
    """Say for a PDF what holds and what does not, signature by signature; exit code 0 only when all holds."""
    from activities.pdf.validation import validate

    report = validate(file.read_bytes(), [der_of(one.read_bytes()) for one in root or []])
    show_report(file, report)
    if not root:
        console.print("No certificate to trust was given (--root), so no signer counts as known.")
    raise typer.Exit(0 if report.verdict == "valid" else 1)


@app.command()
def doctor() -> None:
    """What is present, what is missing, and what to do about it."""
    from local.checkup import check_up

    table = Table("", "part", "found", "advice")
    findings = check_up()
    for finding in findings:
        mark = "[green]ok[/]" if finding.present else "[red]missing[/]" if finding.needed else "[yellow]absent[/]"
        table.add_row(mark, finding.part, finding.found, "" if finding.present else finding.advice)
    console.print(table)
    raise typer.Exit(0 if all(finding.present for finding in findings if finding.needed) else 1)


def show_report(file: Path, report: "ValidationReport") -> None:
    good = report.verdict == "valid"
    console.print(f"{file}: [bold {'green' if good else 'red'}]{report.verdict}[/]"
                  + (f", level {report.level}" if report.level else ""))  # fmt: skip
    console.print(f"  SHA-256 {report.document_sha256}")
    for reason in report.reasons:
        console.print(f"  {in_words(reason)}")
    for signature in report.signatures:
        console.print(f"  Signature {signature.field}: {signature.verdict}")
        console.print(f"    by {signature.signer}, certificate {signature.serial} of {signature.issuer}")
        console.print(f"    at {signature.signed_at}, {signature.level}")
        show_points(signature)
    for timestamp in report.timestamps:
        console.print(f"  Timestamp {timestamp.field}: {timestamp.verdict}")
        console.print(f"    by {timestamp.authority}, at {timestamp.stamped_at}")
        show_points(timestamp)


def show_points(verdict: "SignatureVerdict | TimestampVerdict") -> None:
    points = (
        (verdict.intact, "unchanged since", "CHANGED since, or not what it claims to be"),
        (verdict.trusted, "leads to a trusted root", "does NOT lead to a trusted root"),
        (verdict.covers_whole_file, "covers the whole file", "does NOT cover the whole file"),
    )
    console.print("    " + "; ".join(good if holds else bad for holds, good, bad in points))
    for reason in verdict.reasons:
        console.print(f"    {in_words(reason)}")


def in_words(code: str) -> str:
    from models.wording import WORDS

    return f"{WORDS[code].en} {WORDS[code].zh}" if code in WORDS else code


def der_of(certificate: bytes) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    if certificate.startswith(b"-----"):
        return x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    return certificate


def leave(code: int) -> NoReturn:
    """At once: the Temporal client may crash while the interpreter shuts down (temporalio/sdk-python#300)."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
