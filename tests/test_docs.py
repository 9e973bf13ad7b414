"""The documents say what is there: links, commands, paths, libraries and licences, diagrams."""

import importlib.metadata
import re
from pathlib import Path

import pytest
import typer

from cli import app
from docs.generate import PAGE, with_generated_parts
from models.states import LAWS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
LIBRARIES = ROOT / "docs/decisions/0002-libraries.md"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "simulator/README.md", *sorted(ROOT.glob("docs/**/*.md"))]

LINK = re.compile(r"\[[^\]]+\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COPYLEFT = re.compile(r"(?<!L)A?GPL|(?<!Lesser )General Public License", re.IGNORECASE)
OF_THIS_MACHINE = re.compile(r"(?<![\w.])/(?:work|home|root|Users)/|https?://[^\s)]*/simple\b")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """As code hosts make them of headings: lower case, hyphens for spaces, no punctuation."""
    return {re.sub(r"[^\w\- ]", "", text).lower().replace(" ", "-") for text in HEADING.findall(page.read_text())}


def section(page: str, title: str) -> str:
    _, found, rest = page.partition(f"\n## {title}\n")
    assert found, title
    return rest.partition("\n## ")[0]


def first_column(table: str) -> list[str]:
    cells = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    return [cell for cell in cells if cell != "library" and not set(cell) <= {"-"}]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_page_names_a_place_of_one_machine(page: Path) -> None:
    assert not OF_THIS_MACHINE.search(page.read_text())


def test_the_readme_links_at_all() -> None:
    assert len(LINK.findall(README)) >= 8


def test_every_make_target_of_the_readme_exists_and_none_is_left_out() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    assert set(re.findall(r"(?:`|^    )make ([a-z]+)", README, re.MULTILINE)) == set(phony[1].split())


def test_every_command_of_the_readme_is_one_of_the_command_line() -> None:
    commands = set(re.findall(r"(?:`|bin/)qianzhang ([a-z]+)", README))
    assert commands >= {"verify", "doctor", "server", "worker"}
    assert commands <= set(typer.main.get_group(app).commands)


def test_every_module_the_readme_runs_is_there() -> None:
    modules = re.findall(r"python -m ([a-z_.]+)", README)
    assert modules
    for module in modules:
        place = ROOT / module.replace(".", "/")
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), module


def test_every_path_of_the_rule_table_and_of_the_folders_exists() -> None:
    rows = [line for line in section(README, "Where does a rule live?").splitlines() if line.startswith("|")]
    paths = [path for row in rows for path in re.findall(r"`([^`]+)`", row.split("|")[2])]
    folders = re.findall(r"^    ([a-z]+/) ", section(README, "The folders"), re.MULTILINE)
    entry_points = re.findall(r"[a-z]+\.py", section(README, "The folders").splitlines()[1])
    assert len(paths) > 15
    assert set(folders) >= {f"{package.parent.name}/" for package in ROOT.glob("*/__init__.py")}
    assert len(entry_points) == 4
    for path in [*paths, *folders, *entry_points]:
        assert (ROOT / path).exists(), path


def test_every_process_with_a_law_has_its_section_and_file_in_the_readme() -> None:
    processes = section(README, "The processes")
    for law in LAWS.values():
        assert f"`workflows/{law.machine.__module__.rpartition('.')[2]}.py`" in processes
    for path in re.findall(r"`(workflows/[^`]+)`", processes):
        assert (ROOT / path).exists(), path


def test_the_diagrams_are_those_of_the_machines() -> None:
    page = PAGE.read_text()
    assert with_generated_parts(page) == page, "run `make docs`"


def test_a_changed_machine_would_be_noticed() -> None:
    page = PAGE.read_text()
    assert with_generated_parts(page.replace("awaiting_method", "awaiting_another")) != page.replace(
        "awaiting_method", "awaiting_another"
    )


def test_every_direct_dependency_has_its_line_and_no_other_has() -> None:
    required = [line for line in (ROOT / "requirements.in").read_text().splitlines() if line and line[0] != "#"]
    assert first_column(LIBRARIES.read_text()) == required


def test_no_library_of_the_lock_is_under_agpl_or_gpl() -> None:
    locked = re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert len(locked) > 50
    stated = {name: stated_licence(name) for name in locked}
    assert {name for name, licence in stated.items() if COPYLEFT.search(licence)} == set()
    assert {name for name, licence in stated.items() if "lgpl" in licence.lower()} == {"python-stdnum"}


def stated_licence(library: str) -> str:
    """Expression, first words of the licence, classifiers: what an installed package says of itself."""
    about = importlib.metadata.metadata(library)
    classified = [one for one in about.get_all("Classifier") or [] if one.startswith("License")]
    return " ".join(
        [
            *(about.get_all("License-Expression") or []),
            *(one[:200] for one in about.get_all("License") or []),
            *classified,
        ]
    )


@pytest.mark.parametrize("page", DECISIONS, ids=named)
def test_a_decision_is_one_page_of_four_parts(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.name[:4]} ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences", "Alternatives"]
    assert len(text.splitlines()) <= 30 or page == LIBRARIES


def test_decisions_are_numbered_without_gap() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
