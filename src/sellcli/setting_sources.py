"""Where settings come from: defaults < file < environment < flags, the later one wins."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import frozen

from sellcli.settings import KEYS, Key, Settings
from sellcore.errors import ConfigError, InvalidValue
from sellcore.plain_text import system_words

DEFAULT_FILE = Path("config/sellcli.toml")
"""Read where no other file is named, and where it exists."""

PREFIX = "SELLCLI_"

SECRETS = {
    "SELLCLI_SMTP_USER": "the user name for the mail server",
    "SELLCLI_SMTP_PASSWORD": "the password for the mail server",
    "SELLCLI_WEBHOOK_TOKEN": "the bearer token for the webhook",
}
"""Variables that hold a secret; only whether they are set is ever shown."""

RESERVED = ("SELLCLI_ARM", "SELLCLI_DEBUG", "SELLCLI_PAPER", *SECRETS)
"""Variables that are no settings; SELLCLI_ARM is never shown."""

_SECRET_KEYS = {f"alerts.{variable.removeprefix(PREFIX).lower()}": variable for variable in SECRETS}
"""Where people would write a secret, and where it belongs."""

_SECTIONS = {key.section for key in KEYS.values()}

_SHOWN = 60
"""Characters of a refused value that are repeated in a message."""


@frozen
class _Given:
    """
    A value that somebody set.

    Attributes:
        key: For which setting.
        value: As it stands there.
        is_text: It has yet to be turned into what a TOML file would hold.
        place: Where exactly it stands, for complaints.
        origin: The file, variable or flag, for ``sellcli config``.
    """

    key: Key
    value: object
    is_text: bool
    place: str
    origin: str


def load_settings(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """
    Return the settings in force, each with its origin.

    Args:
        file: The TOML file that was asked for; None for DEFAULT_FILE, if it exists.
        environment: The process's variables; those that are empty count as not set.
        flags: Values by the setting's name, as text or as their own type; those
            that are None were not given.

    Raises:
        ConfigError: one line with every fault: where it stands, the value, and
            what was expected or which known key is nearest.
    """
    problems: list[str] = []
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for given in (
        *_from_file(file, problems),
        *_from_environment(environment or {}, problems),
        *_from_flags(flags or {}),
    ):
        kind = given.key.kind
        try:
            value = kind.from_text(str(given.value)) if given.is_text else given.value
            values[given.key.name] = kind.from_value(value)
            origins[given.key.name] = given.origin
        except InvalidValue as refused:
            problems.append(f"{given.place}: {refused}")
        except ValueError:
            met = _shown(given.value) if kind.guarded is None else "(not shown)"
            problems.append(f"{given.place} {met} is not {kind.expected}")
    if problems:
        raise ConfigError("; ".join(problems))
    return Settings(**values, origins=origins)  # type: ignore[arg-type]  # each by its own kind


def _from_flags(flags: Mapping[str, object]) -> Iterator[_Given]:
    for name, value in flags.items():
        if value is not None:
            key = KEYS[name]
            is_text = isinstance(value, str | Path)
            yield _Given(key, value, is_text, key.flag, key.flag)


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> Iterator[_Given]:
    known = {key.variable: key for key in KEYS.values()}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable in RESERVED:
            continue
        if variable not in known:
            secret = variable.replace("_ALERTS_", "_")  # as if it were a setting of that section
            near = secret if secret in SECRETS else _nearest(variable, (*known, *SECRETS))
            problems.append(f"unknown variable {variable}; did you mean {near}?")
        elif text:
            yield _Given(known[variable], text, True, variable, variable)


def _from_file(file: Path | None, problems: list[str]) -> Iterator[_Given]:
    path = DEFAULT_FILE if file is None else file
    known = {key.path: key for key in KEYS.values()}
    for name, value in _flat(_document(path, required=file is not None)):
        if name in _SECRET_KEYS:
            problems.append(
                f"{path}: {name} is a secret and no setting, because files are copied and shared; "
                f"take it out and set the variable {_SECRET_KEYS[name]}"
            )
        elif name in _SECTIONS:
            problems.append(
                f"{path}: {name!r} is a section and holds no value; "
                f"write a line [{name}], and its settings below"
            )
        elif name not in known:
            near = _nearest(name, known)
            problems.append(f"{path}: unknown key {name!r}; did you mean {near!r}?")
        else:
            yield _Given(known[name], value, False, f"{path}: {name}", str(path))


def _document(path: Path, *, required: bool) -> Mapping[str, object]:
    try:
        # utf-8-sig: some editors put a byte order mark in front, which TOML does not know.
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        if not required:
            return {}
        raise ConfigError(f"there is no file {path}; name one that exists, or none") from None
    except OSError as error:
        cause = system_words(error)
        raise ConfigError(f"cannot read {path}: {cause}; mend that or name another file") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    import tomllib  # here, because most runs have no file to read

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        cause = str(error).replace("\n", " ")
        raise ConfigError(f"{path} is not valid TOML: {cause}; mend that line") from None


def _flat(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Name the keys of sections by both: ``live.account``."""
    for name, value in document.items():
        if isinstance(value, dict) and name not in KEYS:
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
            if not value and name not in _SECTIONS:
                yield name, value
        else:
            yield name, value


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    names = list(known)
    last = name.rpartition(".")[2]
    if last in names:  # the right key in a section it does not belong to
        return last
    return get_close_matches(name, names, n=1, cutoff=0)[0]


def _shown(value: object) -> str:
    text = repr(str(value)) if isinstance(value, Path) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
