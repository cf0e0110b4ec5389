"""Every link between the documents, and every heading that the code cites, exists."""

import os
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

BASE_DIR = Path(__file__).resolve().parent.parent
LEFT_OUT = {
    ".git",
    ".venv",
    ".venv-scan",
    "node_modules",
    "var",
    "built",
    "__pycache__",
    ".pytest_cache",
    ".hypothesis",
}
CODE = {
    "Makefile",
    "Dockerfile",
    "bin",
    ".py",
    ".html",
    ".txt",
    ".js",
    ".mjs",
    ".scss",
    ".toml",
    ".yml",
    ".yaml",
    ".sh",
    ".conf",
}

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CITATION = re.compile(r"\bdocs/[\w/-]+(?:\.md)?(?:#[\w-]+)?")
NAMED_IN_CODE = re.compile(r"`([\w/]+\.(?:py|js))(?:::(\w+))?`")  # a file, and a function or class in it
# Documents that are not in the repository, and marks that only docs/domain.md uses.
CITED_FROM_OUTSIDE = re.compile(r"\b(?:DOMAIN|DESIGN|STYLE|UX|LIBRARIES)\.md|\[(?:brief|law)\b[^\]]*\]")


def files(suffixes):
    """Return the project's own files whose suffix, name or folder is in `suffixes`."""
    found = []
    for folder, folders, names in os.walk(BASE_DIR):
        folders[:] = set(folders) - LEFT_OUT
        found += [Path(folder, name) for name in names if {Path(name).suffix, name, Path(folder).name} & suffixes]
    return sorted(found)


def anchors(text):
    """Return the fragments of a document, as GitHub makes them from its headings."""
    made = []
    for heading in HEADING.findall(FENCE.sub("", text)):
        words = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        made.append(f"{words}-{made.count(words)}" if words in made else words)
    return set(made)


def leads_nowhere(target, *, start, root=BASE_DIR):
    """Return whether a relative link from the folder `start` names a missing file or heading."""
    path, _, fragment = target.partition("#")
    file = (start / path) if path else start
    if not file.exists() or root not in [file.resolve(), *file.resolve().parents]:
        return True
    return bool(fragment) and fragment not in anchors(file.read_text())


def broken_links(document, root=BASE_DIR):
    text = FENCE.sub("", document.read_text())
    start_of = {True: document, False: document.parent}
    links = LINK.findall(text)
    return [link for link in links if leads_nowhere(link, start=start_of[link.startswith("#")], root=root)]


def broken_citations(text, root=BASE_DIR):
    """Return the citations of docs/… in `text` whose file or heading is missing; decisions are cited by number."""
    return [cited for cited in CITATION.findall(text) if not _is_there(cited, root)]


def _is_there(cited, root):
    path, _, fragment = cited.partition("#")
    found = [root / path] if (root / path).exists() else list(root.glob(f"{path}-*.md"))
    return bool(found) and (not fragment or fragment in anchors(found[0].read_text()))


@pytest.mark.parametrize("document", files({".md"}), ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_every_relative_link_leads_to_a_file_and_a_heading(document):
    assert broken_links(document) == []


def test_every_document_is_reached_from_the_index():
    index = (BASE_DIR / "docs" / "index.md").read_text()
    linked = {(BASE_DIR / "docs" / link.partition("#")[0]).resolve() for link in LINK.findall(index)}
    written = {path for path in files({".md"}) if path.name != "index.md"}
    assert written - linked == set()


def test_the_code_cites_headings_that_exist():
    broken = {
        str(path.relative_to(BASE_DIR)): cited
        for path in files(CODE)
        if path != Path(__file__).resolve() and (cited := broken_citations(path.read_text()))
    }
    assert broken == {}


def test_nothing_cites_a_document_that_is_not_here():
    found = {
        str(path.relative_to(BASE_DIR)): cited
        for path in files(CODE | {".md"})
        if path != Path(__file__).resolve() and (cited := CITED_FROM_OUTSIDE.findall(path.read_text()))
    }
    assert found == {}


def test_the_glossary_explains_each_word_once_and_in_order():
    rows = re.findall(r"^\| \*\*(.+?)\*\*", (BASE_DIR / "docs" / "glossary.md").read_text(), re.MULTILINE)
    assert len(rows) > 30
    assert rows == sorted(set(rows), key=str.lower)


def missing_in_code(text, root=BASE_DIR):
    """Return the files, functions and tests that a document names and that the code does not have."""
    return [
        f"{path}::{name}" for path, name in NAMED_IN_CODE.findall(text) if "/" in path and not _has(root / path, name)
    ]


def _has(path, name):
    return path.exists() and (not name or re.search(rf"\b(?:def|class) {name}\b", path.read_text()) is not None)


def test_every_fault_that_was_reported_names_a_function_and_a_test():
    text = (BASE_DIR / "docs" / "reported.md").read_text()
    assert missing_in_code(text) == []
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| fault", "| ---"))]
    assert len(rows) > 40 and all("`tests/" in row.split("|")[3] for row in rows)


# --- Controls: each planted fault is found ---------------------------------------------------------------------------


@pytest.fixture
def planted(tmp_path):
    (tmp_path / "docs" / "adr").mkdir(parents=True)
    (tmp_path / "docs" / "there.md").write_text("# Two words\n\n```\n# not a heading\n```\n\n## Two words\n")
    (tmp_path / "docs" / "adr" / "0001-first.md").write_text("# 1. First\n")
    return tmp_path


@pytest.mark.parametrize(
    ("link", "is_broken"),
    [("there.md", False), ("there.md#two-words", False), ("there.md#two-words-1", False), ("#here", False),
     ("gone.md", True), ("there.md#not-a-heading", True), ("#gone", True), ("../../outside.md", True)],
)  # fmt: skip
def test_a_link_that_leads_nowhere_is_found(planted, link, is_broken):
    document = planted / "docs" / "from.md"
    document.write_text(f"# Here\n\n[a link]({link}) and [another](https://example.org)\n")
    assert broken_links(document, root=planted) == ([link] if is_broken else [])


@pytest.mark.parametrize(
    ("cited", "is_broken"),
    [("docs/there.md", False), ("docs/there.md#two-words", False), ("docs/adr/0001", False),
     ("docs/gone.md", True), ("docs/there.md#gone", True), ("docs/adr/0002", True)],
)  # fmt: skip
def test_a_citation_of_something_missing_is_found(planted, cited, is_broken):
    assert broken_citations(f'"""A rule [{cited}]."""', root=planted) == ([cited] if is_broken else [])


@pytest.mark.parametrize("text", ["[brief: $75]", "[law]", "[law, CGS 21a-408]", "see DOMAIN.md 4"])
def test_a_citation_of_a_document_from_elsewhere_is_found(text):
    assert CITED_FROM_OUTSIDE.search(text)
    assert not CITED_FROM_OUTSIDE.search("[docs/domain.md#delivery], SECURITY.md, a brief word")


@pytest.mark.parametrize(
    ("named", "is_missing"),
    [("tests/test_docs.py::missing_in_code", False), ("tests/test_docs.py", False),
     ("tests/test_docs.py::gone_since", True), ("tests/gone.py", True)],
)  # fmt: skip
def test_a_function_that_is_gone_is_found(named, is_missing):
    assert bool(missing_in_code(f"shown by `{named}`")) is is_missing
