"""Write the generated parts of docs/processes.md from the state machines; ``--check`` fails when they are stale."""

import sys
from pathlib import Path

from models.states import LAWS

PAGE = Path(__file__).parent / "processes.md"


def generated(kind: str) -> str:
    law = LAWS[kind]
    people = ", ".join(f"`{act}` ({actor})" for act, actor in law.actors.items())
    waits = "\n".join(f"| `{state}` | {who} |" for state, who in law.waiting_for.items())
    return (
        f"```mermaid\n{format(law.machine, 'mermaid').strip()}\n```\n\n"
        f"{format(law.machine, 'md').strip()}\n\n"
        f"Acts of people: {people}.\n\n"
        f"| state | waits for |\n| --- | --- |\n{waits}\n"
    )


def with_generated_parts(page: str) -> str:
    for kind in LAWS:
        begin, end = f"<!-- generated: {kind} -->\n", f"<!-- end: {kind} -->"
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"{PAGE.name} has no place for {kind}: {begin.strip()} … {end}")
        page = f"{before}{begin}\n{generated(kind)}\n{end}{after}"
    return page


def main() -> None:
    page = PAGE.read_text()
    wanted = with_generated_parts(page)
    if "--check" in sys.argv[1:]:
        if page != wanted:
            raise SystemExit(f"{PAGE} is stale: run `make docs`")
    else:
        PAGE.write_text(wanted)


if __name__ == "__main__":
    main()
