"""
Every setting there is: its name, kind, default and meaning, once.

The table below feeds the file's reader, the environment's, the flags, ``sellcli
config`` and the manual.
"""

# ruff: noqa: RUF009 - the calls below declare fields, each once

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TypeVar, cast

from attrs import field, fields, frozen

from sellcli.setting_kinds import (
    Kind,
    arguments,
    choice,
    choice_or_none,
    file_path,
    mail_addresses,
    number,
    plain,
    rule_or_none,
    switch,
    web_address,
    whole,
    word,
)
from sellcore.order_type import OrderType
from sellcore.policy import AtClose, Policy
from sellcore.rule import MovingAverageRule
from sellcore.selling.account_kind import AccountKind
from sellcore.selling.limits import OtherOrders, SellingPolicy

T = TypeVar("T")

DEFAULT = "default"
"""The origin of what nobody has set."""


class SmtpTls(Enum):
    """How the line to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"

    def __str__(self) -> str:
        return self.value


def _setting(default: T, kind: Kind[T], meaning: str, section: str = "") -> T:
    about = {"kind": kind, "meaning": meaning, "section": section}
    return field(default=default, repr=kind.guarded is None, metadata=about)


@frozen
class Settings:
    """The settings in force, and where each came from."""

    host: str = _setting("127.0.0.1", word("a host name or address"), "where the Gateway runs")
    port: int = _setting(4001, whole(1, 65535), "the Gateway's API port")
    client_id: int = _setting(
        1, whole(0, 2**31 - 1), "names this program to the Gateway; one program each"
    )
    account: str = _setting(
        "", word("an account id", empty=True), "the account to watch, where a login has several"
    )
    concurrency: int = _setting(32, whole(1, 50), "history requests in flight at once")
    cache_dir: Path = _setting(Path("cache"), file_path(), "downloaded bars and their averages")
    log_dir: Path = _setting(Path("logs"), file_path(), "the audit log, signals.log")
    state_dir: Path = _setting(Path("state"), file_path(), "what must outlive a restart")
    assignments: Path = _setting(
        Path("config/assigned_ma.csv"), file_path(), "which ticker follows which rule"
    )
    default_rule: MovingAverageRule | None = _setting(
        None, rule_or_none(), "the rule of holdings that have none; empty: watched, never sold"
    )
    at_close: AtClose = _setting(
        AtClose.NEXT_OPEN, choice(AtClose), "what to do about the bar that closes the session"
    )
    pre_close_seconds: float = _setting(
        60.0, number(1, 3600), "with pre_close: how long before the close that bar is decided"
    )
    window_minutes: float = _setting(
        10.0, number(1, 60), "how long after its end a bar may still be decided"
    )
    settle_seconds: float = _setting(
        30.0, number(0, 59), "how long after its end a bar is read once more"
    )
    closing_settle_seconds: float = _setting(
        60.0, number(0, 3600), "the same for the bar that closes the session: auctions print late"
    )
    only_above_break_even: bool = _setting(
        False, switch(), "sell only where close and average are above the average cost"
    )
    connect_timeout: float = _setting(20.0, number(0.1, 600), "seconds to wait for the Gateway")
    request_timeout: float = _setting(60.0, number(0.1, 600), "seconds to wait for an answer")
    live_account: str = _setting(
        "", word("an account id", empty=True), "the account that orders may go to", "live"
    )
    live_kind: AccountKind | None = _setting(
        None, choice_or_none(AccountKind), "what kind of account that is", "live"
    )
    live_order_type: OrderType = _setting(
        OrderType.MARKET, choice(OrderType), "what is sent: at the market, or at a limit", "live"
    )
    live_limit_offset_pct: float = _setting(
        0.5, number(0.01, 10), "with LMT: how far below the last price, in percent of it", "live"
    )
    live_max_shares_per_order: int = _setting(
        10_000, whole(1, 10**9), "a larger sale is denied, never cut", "live"
    )
    live_max_value_per_order: float = _setting(
        50_000.0, number(1, 10**9), "the same by value, in the currency of what is sold", "live"
    )
    live_max_orders_per_day: int = _setting(
        20, whole(1, 10_000), "orders on one UTC date; more are denied", "live"
    )
    live_max_value_per_day: float = _setting(
        200_000.0, number(1, 10**9), "their value, each currency by itself", "live"
    )
    live_other_orders: OtherOrders = _setting(
        OtherOrders.CANCEL, choice(OtherOrders), "other orders on what is to be sold", "live"
    )
    live_reject_limit: int = _setting(
        3,
        whole(1, 100),
        "so many orders in a row that are rejected or lost halt selling that position",
        "live",
    )
    live_recheck_at_open: bool = _setting(
        True,
        switch(),
        "a sale that waited for the open lapses where the price is not below its average any more",
        "live",
    )
    live_open_buffer_seconds: float = _setting(
        5.0, number(0, 3600), "nothing is sent for so long after an open", "live"
    )
    live_close_buffer_seconds: float = _setting(
        5.0, number(0, 3600), "nothing is sent for so long before a close", "live"
    )
    live_reconcile_minutes: float = _setting(
        5.0, number(1, 60), "how often the broker is asked what became of orders", "live"
    )
    alerts_bell: bool = _setting(True, switch(), "ring the terminal's bell", "alerts")
    alerts_command: tuple[str, ...] = _setting(
        (), arguments(), "run for each alert, which it is given as JSON", "alerts"
    )
    alerts_smtp_host: str = _setting(
        "", word("a host name or address", empty=True), "the mail server; empty: no mail", "alerts"
    )
    alerts_smtp_port: int = _setting(587, whole(1, 65535), "its port", "alerts")
    alerts_smtp_tls: SmtpTls = _setting(
        SmtpTls.STARTTLS, choice(SmtpTls), "how the line to it is encrypted", "alerts"
    )
    alerts_mail_from: str = _setting("", mail_addresses(1), "who alerts come from", "alerts")
    alerts_mail_to: str = _setting("", mail_addresses(20), "who gets them", "alerts")
    alerts_webhook: str = _setting("", web_address(), "alerts are posted there as JSON", "alerts")
    alerts_disconnected_minutes: float = _setting(
        10.0, number(1, 1440), "so long without line, answers or a true clock is an alert", "alerts"
    )
    origins: Mapping[str, str] = field(factory=dict, eq=False, repr=False)

    def origin(self, name: str) -> str:
        """Return which file, variable or flag set ``name``, or DEFAULT."""
        return self.origins.get(name, DEFAULT)

    def policy(self) -> Policy:
        """Return when to decide and what to do at the close."""
        return Policy(
            settle=timedelta(seconds=self.settle_seconds),
            closing_settle=timedelta(seconds=self.closing_settle_seconds),
            window=timedelta(minutes=self.window_minutes),
            at_close=self.at_close,
            pre_close=timedelta(seconds=self.pre_close_seconds),
            only_above_break_even=self.only_above_break_even,
            order_type=self.live_order_type,
        )

    def selling_policy(self) -> SellingPolicy:
        """Return the limits on selling."""
        return SellingPolicy(
            order_type=self.live_order_type,
            limit_offset_pct=self.live_limit_offset_pct,
            max_shares_per_order=self.live_max_shares_per_order,
            max_value_per_order=self.live_max_value_per_order,
            max_orders_per_day=self.live_max_orders_per_day,
            max_value_per_day=self.live_max_value_per_day,
            other_orders=self.live_other_orders,
            reject_limit=self.live_reject_limit,
            recheck_at_open=self.live_recheck_at_open,
            open_buffer=timedelta(seconds=self.live_open_buffer_seconds),
            close_buffer=timedelta(seconds=self.live_close_buffer_seconds),
            reconcile=timedelta(minutes=self.live_reconcile_minutes),
        )


@frozen
class Key:
    """
    One setting's entry in the table.

    Attributes:
        name: Its attribute of Settings.
        section: Its section in a TOML file; empty for the top of the file.
        kind: What its value may be.
        default: Its value where nobody has set it.
        meaning: What it is for, one line.
    """

    name: str
    section: str
    kind: Kind[object]
    default: object
    meaning: str

    @property
    def path(self) -> str:
        """Its name in a TOML file: ``port``, ``live.account``."""
        return f"{self.section}.{self.name.removeprefix(f'{self.section}_')}".lstrip(".")

    @property
    def variable(self) -> str:
        """Its name in the environment: ``SELLCLI_LIVE_ACCOUNT``."""
        return f"SELLCLI_{self.name.upper()}"

    @property
    def flag(self) -> str:
        """Its name on the command line: ``--cache-dir``."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def shown_default(self) -> str | int | float | bool:
        """Its default as a TOML file would hold it."""
        return plain(self.default)


KEYS = {
    each.name: Key(
        name=each.name,
        section=each.metadata["section"],
        kind=cast(Kind[object], each.metadata["kind"]),
        default=each.default,
        meaning=each.metadata["meaning"],
    )
    for each in fields(Settings)
    if "kind" in each.metadata
}
"""Every setting by its name, in the order of the manual."""
