"""Milliseconds per signature beside its physical floor: SHA-256 of the file and one raw key operation.

All kinds are interleaved in each round, so a noisy machine slows them alike; medians are told. The signature is B-T
with a timestamp made in the same process and counted; "sealed" is a whole contract of two parties at B-LTA.

    python -m bench.signing [--rounds 200]
"""

import argparse
import hashlib
import io
import statistics
import time
from collections.abc import Callable

import pikepdf
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from activities.pdf.base import signature_fields
from activities.pdf.revisions import GrowingFile
from activities.pdf.sealing import Sealing, seal
from tests.activities.pdf.documents import ENTERPRISE, PERSON, make_pdf, party, sample_base
from tests.activities.pdf.pki import TestPki

PAGES = (1, 10)
WARM_UP = 5


def kinds(pki: TestPki, pages: int) -> dict[str, Callable[[], object]]:
    base = sample_base(make_pdf(pages))
    first, second = pki.issue(ENTERPRISE), pki.issue(PERSON)
    parties = [party(pki, "party-a", first), party(pki, "party-b", second)]
    proof = pki.revocation(pki.timestamp_authority)
    prehashed = ec.ECDSA(Prehashed(hashes.SHA256()))
    pdf = pikepdf.open(io.BytesIO(base))
    fields = signature_fields(pdf)

    def floor() -> object:
        return parties[0].key.sign(hashlib.sha256(base).digest(), prehashed)

    def signature() -> object:
        sealing = Sealing(GrowingFile(base, pdf.trailer), pdf.Root, pki.timestamp)
        sealing.sign(fields["party-a"], parties[0])
        return sealing.file.getvalue()

    return {
        "floor (SHA-256 + raw P-256)": floor,
        "timestamp token alone": lambda: pki.timestamp(bytes(32)),
        "one signature, B-T": signature,
        "sealed, 2 parties, B-LTA": lambda: seal(base, parties, pki.timestamp, proof),
    }


def medians(measured: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """In milliseconds."""
    taken: dict[str, list[float]] = {name: [] for name in measured}
    for number in range(rounds + WARM_UP):
        for name, act in measured.items():
            begin = time.perf_counter()
            act()
            if number >= WARM_UP:
                taken[name].append((time.perf_counter() - begin) * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    pki = TestPki()
    for pages in PAGES:
        told = medians(kinds(pki, pages), rounds)
        floor = next(iter(told.values()))
        for name, milliseconds in told.items():
            print(f"{pages:3} p  {name:28} {milliseconds:7.3f} ms  {milliseconds / floor:6.1f} x floor")  # noqa: T201


if __name__ == "__main__":
    main()
