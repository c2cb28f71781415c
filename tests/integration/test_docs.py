"""
The manual is under test: what it shows runs, and what there is stands in it.

In the pages, ```console blocks hold command lines behind ``$ ``; all of them
must parse. A block behind ``<!-- runs -->`` is run besides, in a folder of its
own. ```pycon blocks are run as doctests, a page in one namespace, and ```toml
blocks are read as what they are, settings or a scenario.
"""

import ast
import doctest
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from attrs import fields
from scripts.make_reference import leaves, pages

import sellcore
from adapters.assignment_sheet import COLUMNS
from adapters.gateway.faults import REQUESTS, FaultKind
from adapters.gateway.scenario import Scenario, ScenarioOrder, ScenarioPosition, parse_scenario
from adapters.parquet.layout import durable_files
from sellcli.app import COMMANDS, app
from sellcli.exits import Exit
from sellcli.setting_sources import load_settings
from sellcli.settings import KEYS
from sellcore.outcome import Outcome
from sellcore.record import FIELDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
RUNS = "<!-- runs -->"

_BLOCK = re.compile(r"^(?P<mark>.*)\n+```(?P<kind>\w+)\n(?P<text>(?s:.*?))^```$", re.MULTILINE)
_LINK = re.compile(r"(?<!`)\[[^\]\n]+\]\((?P<target>[^)\s]+)\)")
_COMMANDS = dict(leaves(app))

TOLD_TO_USERS = {
    *("BrokerUnavailable", "CalendarError", "ClockGone", "ConfigError", "Denied", "NotInstalled"),
    "StorageError",
}


def blocks(page, kind, *, runs=False):
    """Return the texts of a page's code blocks of one kind, or only those that are to be run."""
    found = _BLOCK.finditer("\n\n" + page.read_text(encoding="utf-8"))
    return [b["text"] for b in found if b["kind"] == kind and (not runs or b["mark"] == RUNS)]


def command_lines(text):
    """Return the lines behind the prompts of a console block, continued ones joined."""
    joined = text.replace("\\\n", " ")
    return [line[2:] for line in joined.splitlines() if line.startswith("$ ")]


def sellcli_words(line):
    """Return the environment and the words of each ``sellcli`` command in a shell line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    command = []
    for word in [*lexer, ";"]:
        if not set(word) <= set("|&;<>"):
            command.append(word)
            continue
        given = dict(w.split("=", 1) for w in command if re.match(r"[A-Z_]+=", w))
        words = [w for w in command if not re.match(r"[A-Z_]+=", w)]
        if words and words[0] == "sellcli":
            yield given, words[1:]
        command = [] if word not in ("<", ">") else ["file:"]


def anchors(page):
    """Return the anchors that the headings of a page have, as the usual renderers make them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def environment(**more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SELLCLI_")}
    return clean | {"PYTHONUTF8": "1"} | more


def sellcli(folder, words, **given):
    return subprocess.run(
        [sys.executable, "-m", "sellcli", *words],
        cwd=folder,
        env=environment(**given),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Return what the simulated day prints where there is no terminal."""
    done = sellcli(tmp_path_factory.mktemp("day"), ["start", "--simulate", "--pace", "0"])
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def cycle(tmp_path_factory):
    """Return one cycle of the simulated day, as the document that programs read."""
    done = sellcli(tmp_path_factory.mktemp("cycle"), ["start", "--simulate", "--once", "--json"])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def reference(name):
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(pages()))
def test_derived_page_is_what_the_program_says(name):
    """A page that a script writes is up to date; run scripts/make_reference.py where it is not."""
    assert reference(name) == pages()[name]


def test_every_command_and_flag_is_in_the_reference():
    """What is not documented does not exist."""
    sections = dict(re.findall(r"(?ms)^## `([^`]+)`\n(.*?)(?=^## |\Z)", reference("cli.md")))

    assert set(sections) == set(_COMMANDS)
    assert {path.split()[1] for path in sections} == set(COMMANDS)
    for path, command in _COMMANDS.items():
        for option in command.params:
            for flag in option.opts if isinstance(option, click.Option) else ():
                assert f"`{flag}`" in sections[path], f"{path} {flag}"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_line_in_the_manual_parses(name):
    """Each shown sellcli command exists and takes the flags that it is shown with."""
    for text in blocks(ROOT / name, "console"):
        for line in command_lines(text):
            for _, words in sellcli_words(line):
                parse(words, line)


def parse(words, line):
    command, rest = app, [word for word in words if word not in ("-h", "--help")]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        command = command.get_command(click.Context(command), rest.pop(0))
        assert command is not None, line
    if isinstance(command, click.Group):
        assert set(rest) <= {"--version"}, line
    elif not {"-h", "--help"} & set(words):
        command.make_context(command.name, rest)


@pytest.mark.parametrize("name", [n for n in NAMES if RUNS in (ROOT / n).read_text("utf-8")])
def test_what_is_marked_as_runnable_runs(name, tmp_path, monkeypatch):
    """A reader who follows a page from top to bottom sees what it promises, and no error."""
    for text in blocks(ROOT / name, "console", runs=True):
        for line in command_lines(text):
            for given, words in sellcli_words(line):
                fast = ["--pace", "0"] if words[:2] == ["start", "--simulate"] else []
                done = sellcli(tmp_path, words + fast, **given)
                assert done.returncode == 0, f"{line}: {done.stderr}"
                assert "Traceback" not in done.stderr
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "manual"}
    for text in blocks(ROOT / name, "python", runs=True):
        exec(compile(text, name, "exec"), namespace)  # noqa: S102 - our own pages


@pytest.mark.parametrize("name", [n for n in NAMES if blocks(ROOT / n, "python")])
def test_python_in_the_manual_is_python(name):
    """A block that cannot be run here, for want of a broker, is at least well-formed."""
    for text in blocks(ROOT / name, "python"):
        ast.parse(text)


@pytest.mark.parametrize("name", [n for n in NAMES if blocks(ROOT / n, "pycon")])
def test_examples_print_what_the_manual_says(name, tmp_path, monkeypatch):
    """Every ``>>>`` of a page runs, and prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    text = "\n".join(blocks(ROOT / name, "pycon"))
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    test = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    report = []

    failed, tried = doctest.DocTestRunner(optionflags=flags).run(test, out=report.append)

    assert tried
    assert not failed, "".join(report)


@pytest.mark.parametrize("name", [n for n in NAMES if blocks(ROOT / n, "toml")])
def test_toml_in_the_manual_is_accepted(name, tmp_path):
    """Each TOML block is a scenario or a settings file that the program takes as it is."""
    for text in blocks(ROOT / name, "toml"):
        if re.search(r"^start = ", text, re.MULTILINE):
            parse_scenario(text, name, tmp_path)
        else:
            file = tmp_path / "sellcli.toml"
            file.write_text(text, encoding="utf-8")
            load_settings(file)


def test_the_file_with_every_setting_changes_nothing(tmp_path):
    """The example of all settings holds the defaults, each key once."""
    (text,) = blocks(DOCS / "reference" / "configuration.md", "toml")
    file = tmp_path / "sellcli.toml"
    file.write_text(text, encoding="utf-8")

    settings = load_settings(file)

    assert {name: getattr(settings, name) for name in KEYS} == {
        name: key.default for name, key in KEYS.items()
    }
    assert set(settings.origins) == set(KEYS)


@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_the_manual_leads_somewhere(name):
    """A relative link names a file that is in the repository, and a heading that is in it."""
    page = ROOT / name
    for target in (m["target"] for m in _LINK.finditer(page.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        assert goal.exists(), f"{name}: {target}"
        assert goal.is_relative_to(ROOT), f"{name}: {target}"
        if anchor:
            assert anchor in anchors(goal), f"{name}: {target}"


def test_every_page_can_be_reached_from_the_index():
    """No page is an island: each is linked from the index, or from a page that is."""
    seen, ahead = set(), [DOCS / "index.md"]
    while ahead:
        page = ahead.pop()
        seen.add(page)
        for match in _LINK.finditer(page.read_text(encoding="utf-8")):
            goal = (page.parent / match["target"].partition("#")[0]).resolve()
            if goal.suffix == ".md" and goal.exists() and goal not in seen:
                ahead.append(goal)
    assert {page.resolve() for page in DOCS.rglob("*.md")} <= seen


def test_every_setting_fault_and_exit_code_is_documented():
    """The closed sets of the program stand in the reference, member by member."""
    configuration, faults, codes = map(
        reference, ("configuration.md", "faults.md", "exit-codes.md")
    )

    for key in KEYS.values():
        assert f"## `{key.path}`" in configuration
        assert f"`{key.variable}`" in configuration
    for kind in FaultKind:
        assert f"| `{kind}` |" in faults
    for request in REQUESTS:
        assert f"`{request}`" in faults
    for code in Exit:
        assert re.search(rf"^\| {code.value} \|", codes, re.MULTILINE), code


def test_every_field_of_the_files_is_documented():
    """The log's fields, the sheet's columns, the cache's files and the outcomes are listed."""
    files = reference("files.md")

    for name in (*FIELDS, *COLUMNS):
        assert re.search(rf"^\| `{name}` \|", files, re.MULTILINE), name
    for path in durable_files(Path("cache")):
        assert f"`{path.name}`" in files
    for outcome in Outcome:
        assert f"`{outcome}`" in files


def test_every_key_of_a_scenario_is_documented():
    """Whatever a scenario file may hold stands in its reference."""
    scenario = reference("scenario.md")
    plural = {"positions": "position", "open_orders": "open_order", "faults": "fault"}
    for kind in (Scenario, ScenarioPosition, ScenarioOrder):
        for each in fields(kind):
            name = plural.get(each.name, each.name)
            assert f"| `{name}` |" in scenario or f"## `[[{name}]]`" in scenario, name


def keys(document):
    """Return every key of a JSON document, at any depth."""
    if isinstance(document, dict):
        return set(document) | {key for value in document.values() for key in keys(value)}
    if isinstance(document, list):
        return {key for value in document for key in keys(value)}
    return set()


def test_every_json_field_is_documented(cycle):
    """A program that reads our JSON finds each field that it meets in the reference."""
    page = reference("json.md")
    told = set(re.findall(r"`([A-Za-z_0-9]+)`", page))

    assert keys(cycle) - told == set()


def test_every_public_name_is_documented_with_its_signature():
    """Each name of ``sellcore`` has a heading, and each function its real parameters."""
    page = reference("api.md")
    for name in sellcore.__all__:
        head = re.search(rf"^## `{name}(\(.*\))?`", page, re.MULTILINE)
        assert head, name
        value = getattr(sellcore, name)
        if inspect.isfunction(value):
            parameters = [p.name for p in inspect.signature(value).parameters.values()]
            shown = ast.parse(f"def f{head[1]}: ...").body[0]
            assert [argument.arg for argument in shown.args.args] == parameters, name


def test_quoted_messages_are_the_ones_the_program_gives():
    """Troubleshooting quotes no message that a user cannot meet."""
    given = "\n".join(
        text
        for path in (ROOT / "src").rglob("*.py")
        for text in texts(ast.parse(path.read_text("utf-8")))
    )
    page = (DOCS / "how-to" / "troubleshooting.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^(?:#+ |- )`(.+)`$", page, re.MULTILINE)
    assert len(quoted) > 40
    for message in quoted:
        for part in re.split(r"\.\.\.", message):
            assert part.strip() in given, f"{message}: {part}"


def test_every_message_that_ends_a_command_is_in_troubleshooting():
    """Whoever meets a message finds it in the manual, by its own words."""
    page = (DOCS / "how-to" / "troubleshooting.md").read_text(encoding="utf-8")
    missing = []
    for path in (ROOT / "src").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            words = words_told(call)
            if words and not any(part in page for part in words):
                missing.append(f"{path.relative_to(ROOT)}:{call.lineno}: {' ... '.join(words)}")
    assert missing == [], "describe these in docs/how-to/troubleshooting.md"


def words_told(call):
    """Return the fixed parts of the message that a call makes for a user, if it makes one."""
    if not isinstance(call, ast.Call) or ast.unparse(call.func) not in TOLD_TO_USERS:
        return []
    parts = [part.strip(" :;,") for part in texts(call)]
    return [part for part in parts if len(part) >= 6]


def texts(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_the_screen_in_the_readme_is_a_real_one(day):
    """What the README shows of a day is what the day shows."""
    screen = blocks(ROOT / "README.md", "text")[0]
    decided = [line for line in screen.splitlines() if re.match(r" +(\d\d:\d\d|order for) ", line)]
    assert len(decided) > 5
    for line in decided:
        assert line in day.splitlines()
    for row in re.findall(
        r"^ ([A-Z]+:[A-Z]+) +(\S+) +(\S+) +\S+ +\S+ +(\S+)", screen, re.MULTILINE
    ):
        assert re.search(
            r"^ " + r" +".join([*map(re.escape, row[:3]), r"\S+", r"\S+", row[3][:3]]), day, re.M
        )


def test_readme_installs_with_targets_that_exist():
    """The commands that a newcomer types first are targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = [line for text in blocks(ROOT / "README.md", "console") for line in command_lines(text)]
    targets = [line.split()[1] for line in shown if line.startswith("make ")]

    assert targets[:2] == ["run", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_manual_names_no_machine():
    """No page holds a path of the machine that it was written on."""
    for page in PAGES:
        assert not re.search(r"/(?:work|root|home/\w+|tmp)/", page.read_text(encoding="utf-8")), (
            page
        )
