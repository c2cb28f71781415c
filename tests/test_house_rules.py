"""The rules of the house, held over every file of the product that git knows."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 70

LONGER: dict[str, str] = {}
"""Modules that may be longer, each with its reason."""

SAYS_NOTHING = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
"""Words of a name that do not say what is inside."""

CATCHES_EVERYTHING = {
    "src/sellcli/exits.py": "the rim: no traceback reaches a user",
    "src/adapters/alerts/fan_out.py": "the rim of its thread: one broken way ends no other",
}

READS_THE_CLOCK = {
    "src/adapters/clocks.py": "the system's clock behind the port",
    "src/adapters/gateway/running_clock.py": "the clock of a gateway that runs by itself",
    "src/sellcli/examination.py": "doctor compares this machine's clock with the broker's",
}
WALL_CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}

WITHOUT_DOCSTRINGS = {
    "src/adapters/ib/reading_client.py": "names of ib_async, whose own manual describes them",
}

EMPTY_ON_PURPOSE = {"py.typed": "PEP 561: that it is there says that the types count"}

LIGHT = {
    "--help": ["--help"],
    "assign": ["assign", "NASDAQ:AAPL", "SMA", "50"],
    "assignments": ["assignments"],
    "config": ["config"],
    "halt": ["halt"],
    "resume": ["resume"],
}
HEAVY = ("numpy", "pyarrow", "ib_async", "pandas", "rich")

REPORT = """
import sys
from sellcli.app import app
try:
    app.main(args={words!r}, prog_name="sellcli", standalone_mode=False)
finally:
    loaded = {{name.partition(".")[0] for name in sys.modules}}
    print("LOADED", *sorted(loaded & set({asked!r})), file=sys.stderr)
"""


def tracked(folder):
    """Return the files below a folder that git knows, or all there are where it is no clone."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", folder], cwd=ROOT, capture_output=True, text=True
    )
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    found = [ROOT / name for name in names if name] or list((ROOT / folder).rglob("*"))
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


FILES = tracked("src")
MODULES = [path for path in FILES if path.suffix == ".py"]


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def words_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return {word for part in parts for word in part.lower().split("_")}


def functions_of(tree):
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def calls_of(tree):
    return [ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)]


def reads_a_wall_clock(tree):
    bare = {
        each.asname or each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for each in node.names
        if each.name == "time"
    }
    return any(
        call in bare or call in WALL_CLOCKS or call.endswith(tuple(f".{c}" for c in WALL_CLOCKS))
        for call in calls_of(tree)
    )


def imports_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]


def public_parts(body, prefix=""):
    """Yield every public function and class of a module, methods and properties included."""
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name.startswith("_"):
            continue
        yield f"{prefix}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from public_parts(node.body, f"{prefix}{node.name}.")


def is_broad(handler):
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return caught is None or any(
        isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException") for kind in kinds
    )


def test_there_is_something_to_hold_rules_over():
    """The rules below mean nothing over an empty list."""
    assert len(MODULES) > 100
    assert {path.relative_to(ROOT).parts[1] for path in MODULES} >= {
        "adapters",
        "sellcli",
        "sellcore",
    }


def test_modules_are_short():
    """A module is read in one sitting."""
    long = {
        name_of(path): count
        for path in MODULES
        if (count := len(path.read_text(encoding="utf-8").splitlines())) >= MOST_LINES
    }
    assert {name: count for name, count in long.items() if name not in LONGER} == {}


def test_functions_are_short():
    """A function fits on a screen."""
    long = {
        f"{name_of(path)}:{function.name}": length
        for path in MODULES
        for function in functions_of(tree_of(path))
        if (length := int(function.end_lineno) - function.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_modules_are_named_for_their_job():
    """No name says only that things lie together."""
    assert [name_of(path) for path in MODULES if words_of(path) & SAYS_NOTHING] == []


def test_every_exception_is_caught_at_the_rim_only():
    """Elsewhere a handler names what it expects."""
    broad = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler) and is_broad(node)
    }
    assert broad == set(CATCHES_EVERYTHING)


def test_time_is_read_from_a_clock_that_was_handed_in():
    """A wall clock in the middle of things cannot be simulated, frozen or set back by a test."""
    readers = {name_of(path) for path in MODULES if reads_a_wall_clock(tree_of(path))}
    assert readers <= set(READS_THE_CLOCK)


def test_only_the_command_line_prints():
    """What an adapter or the core has to say, it returns, raises or logs."""
    printing = [name_of(path) for path in MODULES if "print" in calls_of(tree_of(path))]
    assert [name for name in printing if not name.startswith("src/sellcli/")] == []


def test_public_names_have_docstrings():
    """Whoever calls something need not read how it does it."""
    bare = [
        f"{name_of(path)}:{name}"
        for path in MODULES
        if name_of(path) not in WITHOUT_DOCSTRINGS
        for name, node in public_parts(tree_of(path).body)
        if ast.get_docstring(node) is None
    ]
    assert bare == []


def test_no_file_is_empty():
    """A file is there because it holds something."""
    empty = [
        name_of(path)
        for path in FILES
        if path.name not in EMPTY_ON_PURPOSE and not path.read_bytes().strip()
    ]
    assert empty == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git knows which files are the project's")
def test_names_of_files_are_plain():
    """Every system can hold them, and none is what a program once left behind."""
    plain = re.compile(r"[A-Za-z0-9._/-]+")
    everything = [name_of(path) for path in tracked(".")]

    assert [name for name in everything if not plain.fullmatch(name)] == []


def test_the_core_draws_no_lots():
    """The same snapshot gives the same plan: nothing in the core is random."""
    drawing = [
        name_of(path)
        for path in MODULES
        if name_of(path).startswith("src/sellcore/")
        and {"random", "secrets", "uuid"} & set(imports_of(tree_of(path)))
    ]
    assert drawing == []


@pytest.mark.parametrize(
    "exceptions",
    [LONGER, CATCHES_EVERYTHING, READS_THE_CLOCK, WITHOUT_DOCSTRINGS],
    ids=["length", "broad handlers", "clocks", "docstrings"],
)
def test_exceptions_are_of_files_that_exist(exceptions):
    """An exception that outlives its file would hide the next one of that name."""
    assert [name for name in exceptions if not (ROOT / name).is_file()] == []


def loaded_by(words, asked, folder):
    """Return which of the asked modules a command of its own process has loaded."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SELLCLI_")}
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(words=words, asked=asked)],
        cwd=folder,
        env=clean,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return re.findall(r"^LOADED ?(.*)$", done.stderr, re.MULTILINE)[-1].split()


@pytest.mark.parametrize("words", LIGHT.values(), ids=LIGHT)
def test_light_commands_load_nothing_heavy(words, tmp_path):
    """A command that computes nothing starts at once."""
    assert loaded_by(words, HEAVY, tmp_path) == []


def test_a_simulated_day_never_loads_pandas(tmp_path):
    """Arrow would, where it is installed, and a second is gone at every start."""
    words = ["start", "--simulate", "--pace", "0"]

    assert loaded_by(words, ("pandas", "numpy"), tmp_path) == ["numpy"]
