"""The tests that must notice a mutant of a module."""

_CORE = "sellcore.selling"
_SELL = (
    ("tests/unit/usecases/test_sell_once.py",),
    ("tests/unit/usecases/test_sell_answers.py", "tests/unit/usecases/test_sell_other_orders.py"),
    (
        "tests/unit/usecases/test_sell_comparisons.py",
        "tests/unit/usecases/test_sell_at_close.py",
        "tests/unit/usecases/test_sell_limits.py",
        "tests/unit/usecases/test_sell_positions.py",
        "tests/unit/usecases/test_sell_restart.py",
    ),
    (
        "tests/unit/usecases/test_sell_halts.py",
        "tests/unit/usecases/test_sell_in_pieces.py",
        "tests/unit/usecases/test_sell_slow_disk.py",
        "tests/unit/usecases/test_sell_missing_orders.py",
        "tests/unit/usecases/test_sell_partial_positions.py",
        "tests/unit/usecases/test_sell_stale_positions.py",
        "tests/unit/usecases/test_sell_start.py",
        "tests/unit/usecases/test_sell_words.py",
        "tests/unit/usecases/test_sell_cancels.py",
    ),
)
_GATHER = ("tests/unit/usecases/test_sell_gather.py",)
_WATCH = (
    ("tests/unit/usecases/test_watch_[!s]*.py",),
    ("tests/unit/usecases/test_watch_s*.py",),
)
_PLAN = ("tests/unit/test_plan*.py",)
_UNIT = "tests/unit/adapters"
_JOURNAL = (("tests/contract/test_journal.py", f"{_UNIT}/test_sqlite_journal.py"),)
_FILE = (
    (f"{_UNIT}/test_sqlite_journal.py",),
    ("tests/contract/test_journal.py",),
    (f"{_UNIT}/test_sqlite_journal_crash.py",),
)
_SLOW = "line_that or servers_that_go or hang_up or queue_behind or ctrl_c or hung_up_on"
_ORDERS = (f"{_UNIT}/test_ib_order_entry.py", f"{_UNIT}/test_ib_order_numbers.py")
_TURNS = f"{_UNIT}/test_ib_turns.py"
_QUICK_ORDERS = (*_ORDERS, _TURNS, f"-k not ({_SLOW})")
_ENTRY = (
    _QUICK_ORDERS,
    ("tests/contract/test_order_entry.py", f"{_UNIT}/test_ib_never_sends.py"),
    (*_ORDERS, f"-k {_SLOW}"),
)
_SEEN = (f"{_UNIT}/test_ib_witness.py", f"{_UNIT}/test_ib_translate.py")
_WITNESS = (_SEEN, ("tests/contract/test_witness.py",))
_LINE = (f"{_UNIT}/test_ib_connection.py", "tests/contract/test_connection.py")
_TROUBLE = (f"{_UNIT}/test_ib_gateway_faults.py", f"{_UNIT}/test_ib_greeting.py")
_READ = (f"{_UNIT}/test_ib_broker.py", "tests/contract/test_broker.py")
_TICKS = (f"{_UNIT}/test_ib_quotes.py", "tests/contract/test_quotes.py")
_PURE_PRICES = (
    f"{_UNIT}/test_ib_quotes.py",
    f"{_UNIT}/test_ib_market_rules.py",
    "-k none_is_not_told or tick_says or word_wins or preferred or of_now or enough or rubbish "
    "or increments_rise or row_that_names",
)
_BARS = (f"{_UNIT}/test_ib_market_data.py", "tests/contract/test_market_data.py")
_RULES = (f"{_UNIT}/test_ib_market_rules.py",)
_INBOX = (
    (f"{_UNIT}/test_ib_inbox.py", f"{_UNIT}/test_ib_late_orders.py"),
    (f"{_UNIT}/test_ib_witness.py",),
    _RULES,
    (f"{_UNIT}/test_ib_market_data.py",),
    _QUICK_ORDERS,
    (f"{_UNIT}/test_ib_broker.py",),
    (f"{_UNIT}/test_ib_quotes.py",),
)
_CHANNELS = f"{_UNIT}/test_alert_channels.py"
_CLI = "tests/unit/sellcli"
_ALERTS = (
    (_CHANNELS, f"{_CLI}/test_compose_alerts.py"),
    (f"{_UNIT}/test_alert_fan_out.py", "tests/contract/test_alerts.py"),
)
_LEDGER = ("tests/unit/selling/test_ledger.py",)
_CHECKS = ("tests/unit/selling/test_checks.py",)
_EXACT = (("tests/unit/test_exact.py",), ("tests/unit/test_evaluation.py",))
_MERGE = ("tests/unit/test_merge.py",)
_MERGE_LAWS = ("tests/unit/test_merge_laws.py",)
TESTS: dict[str, tuple[tuple[str, ...], ...]] = {
    f"{_CORE}.lifecycle": (("tests/unit/selling/test_lifecycle.py",), *_SELL),
    f"{_CORE}.testimony": (
        ("tests/unit/selling/test_testimony.py", "tests/unit/selling/test_unshown.py"),
        *_SELL,
    ),
    f"{_CORE}.overtaken": (
        ("tests/unit/selling/test_overtaken.py", "tests/unit/usecases/test_sell_overtaken.py"),
        *_SELL,
    ),
    "sellcore.usecases.skew": (("tests/unit/usecases/test_sell_limits.py",), *_SELL),
    "sellcore.usecases.excess": (
        (
            "tests/unit/usecases/test_sell_in_pieces.py",
            "tests/unit/usecases/test_sell_other_orders.py",
        ),
        *_SELL,
    ),
    "sellcore.usecases.late_trades": (("tests/unit/usecases/test_sell_late.py",), *_SELL),
    f"{_CORE}.checks": (_CHECKS, *_SELL),
    f"{_CORE}.run_checks": (_CHECKS, *_SELL),
    f"{_CORE}.market_checks": (_CHECKS, *_SELL),
    f"{_CORE}.position_checks": (_CHECKS, *_SELL),
    f"{_CORE}.limit_checks": (_CHECKS, *_SELL),
    f"{_CORE}.facts": (("tests/unit/selling/test_facts.py",), *_SELL),
    f"{_CORE}.other_orders": (("tests/unit/selling/test_other_orders.py",), *_SELL),
    f"{_CORE}.intent_record": (("tests/unit/selling/test_intent_record.py",), *_SELL),
    f"{_CORE}.last_sale": (("tests/unit/selling/test_last_sale.py",), *_SELL),
    f"{_CORE}.limit_price": (("tests/unit/selling/test_limit_price.py",), *_SELL),
    "sellcore.due": (("tests/unit/test_due.py",), _PLAN, *_WATCH),
    "sellcore.bar_reading": (("tests/unit/test_bar_reading.py",), _PLAN, *_WATCH),
    "sellcore.evaluation": (("tests/unit/test_evaluation.py",), _PLAN, *_WATCH),
    "sellcore.intake": (
        ("tests/unit/test_intake.py",),
        ("tests/unit/test_intake_laws.py",),
        *_WATCH,
    ),
    "sellcore.merge": (_MERGE, _MERGE_LAWS, *_WATCH),
    "sellcore.exact": (*_EXACT, _PLAN),
    "sellcore.ticks": (("tests/unit/test_ticks.py",), *_EXACT, _PLAN),
    "sellcore.exact_ema": (*_EXACT, _PLAN),
    "sellcore.coverage": (("tests/unit/test_coverage.py",), _MERGE, _PLAN, *_WATCH),
    "sellcore.series": (
        ("tests/unit/test_series.py",),
        _MERGE,
        _MERGE_LAWS,
        ("tests/unit/test_forming.py",),
        *_WATCH,
    ),
    "sellcore.aggregation": (
        ("tests/unit/test_aggregation.py", "tests/unit/test_hour_buckets.py"),
        ("tests/unit/test_aggregation_laws.py", "tests/unit/test_foreign_bars.py"),
        *_WATCH,
    ),
    "sellcore.split_guard": (("tests/unit/test_split_guard.py",), *_WATCH),
    "sellcore.forming": (("tests/unit/test_forming*.py",), *_WATCH),
    "sellcore.history": (("tests/unit/test_history*.py",), *_WATCH),
    "sellcore.trading_days": (
        ("tests/unit/test_trading_days.py",),
        ("tests/unit/test_due.py", "tests/unit/test_history.py"),
        ("tests/unit/test_intake.py",),
        *_WATCH,
    ),
    "sellcore.position": (("tests/unit/test_position.py",), _PLAN, *_SELL),
    "sellcore.record": (("tests/unit/test_record.py",), *_WATCH),
    "sellcore.plan": (_PLAN, *_SELL),
    "sellcore.usecases.sell": _SELL,
    "sellcore.usecases.send": _SELL,
    "sellcore.usecases.reconcile": _SELL,
    "sellcore.usecases.take_testimony": _SELL,
    "sellcore.usecases.hear": (_GATHER, *_SELL),
    "sellcore.usecases.gather": (_GATHER, *_SELL),
    "sellcore.usecases.prepare": _SELL,
    "sellcore.usecases.unlogged": (("tests/unit/usecases/test_unlogged.py",), *_SELL),
    "sellcore.usecases.decide": (("tests/unit/usecases/test_decide_due.py",), *_SELL, *_WATCH),
    "sellcore.usecases.account": (("tests/unit/usecases/test_read_account.py",), *_WATCH),
    "sellcore.usecases.connect": (("tests/unit/usecases/test_hold_line.py",), *_WATCH),
    "sellcore.usecases.tell_order": (("tests/unit/usecases/test_tell_order.py",), *_SELL),
    f"{_CORE}.account_kind": (("tests/unit/test_arming.py",), *_SELL),
    f"{_CORE}.arming": (("tests/unit/test_arming.py",), *_SELL),
    f"{_CORE}.limits": (("tests/unit/test_selling_limits.py",), *_SELL),
    f"{_CORE}.execution": (("tests/unit/selling/test_execution.py",), _LEDGER, *_SELL),
    "adapters.journal_rules": (("tests/unit/adapters/test_journal_rules.py",), *_JOURNAL),
    "adapters.sqlite.journal": _JOURNAL,
    "adapters.sqlite.trades": _JOURNAL,
    "adapters.sqlite.rows": _JOURNAL,
    "adapters.sqlite.statements": _JOURNAL,
    "adapters.sqlite.database": _FILE,
    "adapters.sqlite.schema": _FILE,
    "adapters.sqlite.failures": ((f"{_UNIT}/test_sqlite_failures.py",), *_FILE),
    "adapters.ib.order_entry": _ENTRY,
    "adapters.ib.order_news": ((f"{_UNIT}/test_ib_order_news.py",), *_ENTRY),
    "adapters.ib.order_numbers": _ENTRY,
    "adapters.ib.sending_client": _ENTRY,
    "adapters.ib.witness": _WITNESS,
    "adapters.ib.translate_trades": _WITNESS,
    "adapters.ib.translate": ((f"{_UNIT}/test_ib_translate.py",), *_WITNESS, _READ, _RULES, _BARS),
    "adapters.ib.wire_values": ((f"{_UNIT}/test_ib_wire_values.py",), _SEEN, _READ),
    "adapters.ib.questions": _INBOX,
    "adapters.ib.inbox": _INBOX,
    "adapters.ib.pending": _INBOX,
    "adapters.ib.broker": (_READ, _RULES, _TROUBLE),
    "adapters.ib.asking": (_READ, _SEEN, _ORDERS),
    "adapters.ib.market_rules": (_RULES, _READ),
    "adapters.ib.line": (
        (f"{_UNIT}/test_ib_line.py", *_LINE),
        (f"{_UNIT}/test_ib_market_data.py", _TURNS),
        _TROUBLE,
        _ORDERS,
        _SEEN,
        _TICKS,
    ),
    "adapters.ib.connection": (_LINE, _TROUBLE, _ORDERS, _SEEN, _READ),
    "adapters.ib.line_state": ((f"{_UNIT}/test_ib_line_state.py",), _LINE),
    "adapters.ib.login_talk": ((f"{_UNIT}/test_ib_greeting.py",), _LINE, _TROUBLE),
    "adapters.ib.greeting": ((f"{_UNIT}/test_ib_greeting.py",), _LINE, _TROUBLE),
    "adapters.ib.event_loop": ((f"{_UNIT}/test_ib_event_loop.py",), _LINE),
    "adapters.ib.message_budget": (
        (f"{_UNIT}/test_ib_message_budget.py",),
        (_TURNS,),
        _ORDERS,
    ),
    "adapters.ib.notices": (
        (f"{_UNIT}/test_ib_notices.py", f"{_UNIT}/test_ib_line_state.py"),
        *_ENTRY,
        _BARS,
        _TICKS,
        _TROUBLE,
    ),
    "adapters.ib.quotes": (_TICKS, _RULES),
    "adapters.ib.translate_prices": (_PURE_PRICES, _RULES, _TICKS),
    "adapters.ib.backoff": ((f"{_UNIT}/test_ib_backoff.py",), _LINE),
    "adapters.ib.hours": ((f"{_UNIT}/test_ib_hours.py",), _READ),
    "adapters.ib.zones": ((f"{_UNIT}/test_ib_zones.py",), (f"{_UNIT}/test_ib_hours.py",), _BARS),
    "adapters.ib.pacing": ((f"{_UNIT}/test_ib_pacing.py",), _BARS),
    "adapters.ib.market_data": (_BARS, _TROUBLE),
    "adapters.ib.window": ((f"{_UNIT}/test_ib_window.py",), _BARS, _READ),
    "adapters.ib.reading_client": ((f"{_UNIT}/test_ib_never_sends.py",), _LINE, _READ),
    "adapters.ib.library_logs": ((f"{_UNIT}/test_ib_library_logs.py",), _LINE, _TROUBLE),
    "adapters.alerts.message": ((_CHANNELS, "-k TestMessage"), *_ALERTS),
    "adapters.alerts.terminal": ((_CHANNELS, "-k TestTerminal"), *_ALERTS),
    "adapters.alerts.command": ((_CHANNELS, "-k TestCommand"), *_ALERTS),
    "adapters.alerts.smtp": ((_CHANNELS, "-k TestMail"), *_ALERTS),
    "adapters.alerts.webhook": ((_CHANNELS, "-k TestWebhook"), *_ALERTS),
    "adapters.alerts.fan_out": ((f"{_UNIT}/test_alert_fan_out.py",), *_ALERTS),
    "sellcli.compose.alerts": ((f"{_CLI}/test_compose_alerts.py",),),
    "sellcli.compose.selling": (
        (f"{_CLI}/test_compose_selling.py", f"{_CLI}/test_compose_watch.py"),
    ),
    "sellcli.compose.watch": ((f"{_CLI}/test_compose_watch.py",),),
}
"""
What must notice a mutant of a module, one lot after the other: the quickest first.

A lot is files, and options of pytest.
"""
