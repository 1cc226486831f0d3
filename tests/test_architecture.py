"""The rules of design that a machine can check, each also seen to break."""

import ast
import functools
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("functions", "recovery", "manifests")
CLIENTS = {"google", "requests", "typer", "functions_framework"}
MOST_LINES = 300
MOST_STATEMENTS = 30
VAGUE_NAMES = {"common", "helper", "helpers", "misc", "util", "utils"}
# What only somebody who knows about a local cloud would write.
LOCAL_CLOUD = re.compile(
    r"emulator|stand-?in(?!g)|localhost|127\.0\.0\.1|duckdb|sqlglot", re.IGNORECASE
)
CLIENT = re.compile(r"\b(storage|bigquery)\.Client\(")
MACHINE_CLOCK = re.compile(r"\bnow\((UTC)?\)|\btime\.time\(\)|\butcnow\b|\btoday\(\)")
TEST_MODE = re.compile(r"(\b|_)(py)?test", re.IGNORECASE)

VIOLATIONS = {
    "Deployables meet only in the contract package": ("manifests/errors.py", "import functions"),
    "The contract package is layered": ("manifests/errors.py", "import manifests.store"),
    "Kinds of parts never import each other": (
        "manifests/kinds/buckets/checks.py",
        "import manifests.kinds.tables.model",
    ),
    "Functions are layered": ("functions/settings.py", "import functions.run"),
    "What backs a kind up knows no other kind": (
        "functions/exports/buckets/gaps.py",
        "import functions.exports.tables.choice",
    ),
    "Recovery is layered": ("recovery/kinds/tables/rules/tables.py", "import recovery.cli"),
    "A document is made by one module and written by another": (
        "recovery/report/planned.py",
        "import recovery.report.html",
    ),
    "Kinds that are recovered never import each other": (
        "recovery/kinds/tables/rules/tables.py",
        "import recovery.kinds.buckets.rules.buckets",
    ),
    "What all kinds that are recovered share has no import cycles": (
        "recovery/kinds/step.py",
        "import recovery.kinds.kind",
    ),
    "The BigQuery stand-in is layered": (
        "tests/standin/bigquery/sql/nodes.py",
        "import tests.standin.bigquery.jobs.query",
    ),
    "The control plane's stand-in is layered": (
        "tests/standin/platform/crud.py",
        "import tests.standin.platform.services.run",
    ),
    "The stand-ins have no import cycles": (
        "tests/standin/storage/errors.py",
        "import tests.standin.storage.app",
    ),
    "Nothing shipped knows about tests": ("recovery/cli/options.py", "import tests.standin"),
}

type Rule = Callable[[str, ast.Module], Iterator[str]]


def too_long(source: str, _: ast.Module) -> Iterator[str]:
    """Tell of a module that is too long to read at once."""
    if (lines := len(source.splitlines())) > MOST_LINES:
        yield f"{lines} lines"


def long_functions(_: str, tree: ast.Module) -> Iterator[str]:
    """Tell of functions with too many statements; a docstring is none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            statements = sum(isinstance(item, ast.stmt) for item in ast.walk(node)) - 1
            statements -= ast.get_docstring(node) is not None
            if statements > MOST_STATEMENTS:
                yield f"{node.name} has {statements} statements"


def relative_imports(_: str, tree: ast.Module) -> Iterator[str]:
    """Tell of imports that do not name their package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno}: relative import"


def modes_for_tests(_: str, tree: ast.Module) -> Iterator[str]:
    """Tell of branches that ask whether this is a test."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp) and TEST_MODE.search(ast.unparse(node.test)):
            yield f"line {node.lineno}: if {ast.unparse(node.test)}"


def local_clouds(source: str, _: ast.Module) -> Iterator[str]:
    """Tell of lines that know about a local cloud."""
    for number, line in enumerate(source.splitlines(), start=1):
        if LOCAL_CLOUD.search(line):
            yield f"line {number}: {line.strip()}"


def clients_of_its_own(source: str, _: ast.Module) -> Iterator[str]:
    """Tell of clients that are made elsewhere than where each is given a time-out."""
    if "HTTPAdapter" in source or "import CALL_SECONDS, bounded" in source:
        return
    for number, line in enumerate(source.splitlines(), start=1):
        if CLIENT.search(line):
            yield f"line {number}: {line.strip()}"


def clocks_of_the_machine(source: str, _: ast.Module) -> Iterator[str]:
    """Tell of lines that believe the machine's clock, which can be wrong by minutes."""
    for number, line in enumerate(source.splitlines(), start=1):
        if MACHINE_CLOCK.search(line):
            yield f"line {number}: {line.strip()}"


EVERYWHERE: dict[Rule, str] = {
    too_long: "x = 1\n" * (MOST_LINES + 1),
    long_functions: "def long():\n" + "    x = 1\n" * (MOST_STATEMENTS + 1),
    relative_imports: "from . import errors\n",
}
SHIPPED_ONLY: dict[Rule, str] = {
    modes_for_tests: "if settings.is_testing:\n    pass\n",
    clients_of_its_own: "from google.cloud import storage\nclient = storage.Client()\n",
    clocks_of_the_machine: "from datetime import UTC, datetime\nnow = datetime.now(UTC)\n",
    local_clouds: "import os\nhost = os.environ['STORAGE_EMULATOR_HOST']\n",
}


def modules(*folders: str) -> Iterator[Path]:
    """Yield the Python modules below folders of this checkout."""
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if path.is_file())


@functools.cache
def parsed(path: Path) -> tuple[str, ast.Module]:
    """Return a module's source and its tree, which every rule reads and none changes."""
    source = path.read_text()
    return source, ast.parse(source)


def lint_imports(root: Path) -> tuple[dict[str, str], str]:
    """Check the contracts of a checkout; return each one's verdict by its name, and all that is told."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.*)?$", done.stdout, re.MULTILINE))
    assert verdicts, done.stdout + done.stderr
    assert (done.returncode == 0) == (set(verdicts.values()) == {"KEPT"})
    return verdicts, done.stdout


def told_of(contract: str, output: str) -> str:
    """Return what is told of a broken contract, on one line."""
    heading = rf"^{re.escape(contract)}\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}\n|\Z)"
    found = re.search(heading, output, re.MULTILINE | re.DOTALL)
    return "" if found is None else " ".join(found[1].split())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the code, free to be spoilt."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in (*SHIPPED, "tests"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def test_import_contracts_are_kept(checkout: Path):
    """Every import contract holds in the tree as it is."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    names = {contract["name"] for contract in contracts["contracts"]}
    assert lint_imports(checkout)[0] == dict.fromkeys(names, "KEPT")
    assert names == set(VIOLATIONS)


def test_import_contracts_break(checkout: Path):
    """One import against each contract breaks it, and is told as what does."""
    for module, line in VIOLATIONS.values():
        with (checkout / module).open("a") as source:
            source.write(f"\n{line}\n")
    verdicts, output = lint_imports(checkout)
    for contract, (module, line) in VIOLATIONS.items():
        importer = module.removesuffix(".py").replace("/", ".")
        told = told_of(contract, output)
        assert verdicts[contract] == "BROKEN"
        edge = f"{importer} -> {line.removeprefix('import ')} (l."
        cycle = f"No cycles are allowed in {importer.rpartition('.')[0]}."
        assert edge in told or cycle in told, (contract, told)


def doing(graph: grimp.ImportGraph) -> set[str]:
    """Return the shipped modules that import a client of Google, themselves or through others."""
    reach = (graph.find_downstream_modules(client) for client in CLIENTS & graph.modules)
    return {name for found in reach for name in found if name.partition(".")[0] in SHIPPED}


def test_what_decides_never_touches_the_cloud():
    """Whatever is not listed as doing something is pure, and nothing is listed in vain."""
    graph = grimp.build_graph(*SHIPPED, include_external_packages=True, cache_dir=None)
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["architecture"]

    def is_listed(name: str) -> bool:
        is_told = any(fnmatchcase(name, pattern) for pattern in told["does"])
        return is_told and name not in told["decides"]

    assert [name for name in doing(graph) if not is_listed(name)] == []
    assert [
        it for it in told["does"] if not any(fnmatchcase(name, it) for name in doing(graph))
    ] == []
    assert set(told["decides"]) < graph.modules
    for spoilt in ("manifests.selection", "functions.exports.tables.choice"):
        graph.add_import(importer=spoilt, imported="manifests.cloud.jobs")
        assert spoilt in doing(graph)
        assert not is_listed(spoilt)


def test_new_module_needs_a_layer(checkout: Path):
    """A module that nobody gave a layer breaks its package's contract."""
    layered = {
        "functions": "Functions are layered",
        "recovery": "Recovery is layered",
        "manifests": "The contract package is layered",
    }
    for folder in layered:
        (checkout / folder / "unplaced.py").write_text('"""A module without a layer."""\n')
    verdicts, _ = lint_imports(checkout)
    assert {contract: verdicts[contract] for contract in layered.values()} == dict.fromkeys(
        layered.values(), "BROKEN"
    )


@pytest.mark.parametrize("rule", [*EVERYWHERE, *SHIPPED_ONLY], ids=lambda rule: rule.__name__)
def test_rule_is_kept(rule: Rule):
    """Every module keeps the rule."""
    found = [
        f"{path.relative_to(ROOT)}: {finding}"
        for path in modules(*SHIPPED, *(["tests"] if rule in EVERYWHERE else []))
        for finding in rule(*parsed(path))
    ]
    assert not found


@pytest.mark.parametrize("rule", [*EVERYWHERE, *SHIPPED_ONLY], ids=lambda rule: rule.__name__)
def test_rule_breaks(rule: Rule):
    """A module against the rule is told of."""
    source = (EVERYWHERE | SHIPPED_ONLY)[rule]
    assert list(rule(source, ast.parse(source)))


def test_a_public_class_name_stands_for_one_thing():
    """One name, one class. The kit's check.py runs where nothing of Rebound is, so it has an error of its own."""
    named = Counter(
        node.name
        for path in modules(*SHIPPED)
        for node in parsed(path)[1].body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in named.items() if count > 1} == {"NotEqualError"}


def test_modules_have_telling_names():
    """No module is called after what it is not about."""
    found = list(modules(*SHIPPED, "tests"))
    assert len(found) > len(SHIPPED)
    assert not {path for path in found if path.stem in VAGUE_NAMES}
