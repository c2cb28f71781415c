"""What only the journal in a file can get wrong."""

# ruff: noqa: S608 - no statement here comes from anybody else

import errno
import os
import sqlite3
import threading
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from tests.builders import ACCOUNT
from tests.journal_builders import MODE, TEN, a_commission, a_record, an_execution, later, sent

from adapters.sqlite import schema
from adapters.sqlite.database import Database
from adapters.sqlite.journal import SqliteJournal
from adapters.sqlite.rows import KNOWN, MEANT, known_row, meant_row
from sellcore.errors import IllegalMove, StorageError
from sellcore.order import Mode
from sellcore.order_type import OrderType
from sellcore.ports.journal import Entry
from sellcore.selling.lifecycle import State

OPEN_FILES = Path("/proc/self/fd")
IS_ROOT = getattr(os, "geteuid", lambda: 0)() == 0


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


def opened(path, mode=MODE, account=ACCOUNT, patience=0.05):
    return closing(SqliteJournal(path, mode, account, patience))


@pytest.fixture
def used(path):
    """Leave a closed journal with an order that is about to be sent."""
    with opened(path) as journal:
        (record,) = journal.prepare([a_record()])
        journal.record([sent(record)])
        journal.note([Entry(TEN, "", "armed", "")])
        journal.add_trades([an_execution()], [a_commission()])
        journal.seen({1: Decimal(100)}, TEN)
    return path


def sql(path, *statements):
    """Do to the file what another program might, and return what the last statement answers."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements[:-1]:
            db.execute(statement)
        return db.execute(statements[-1]).fetchall()


def names_in(folder):
    return sorted(file.name for file in folder.iterdir())


def refusal(path, **whose):
    """Return the one line that opening a file is refused with; the file stays as it is."""
    before = path.read_bytes()
    with pytest.raises(StorageError) as refused, opened(path, **whose):
        pass
    assert path.read_bytes() == before
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)
    return str(refused.value)


def _row(record):
    return (*meant_row(record.intent, record.intent_id), *known_row(record))


class TestOwner:
    def test_a_dry_run_ledger_is_never_opened_live(self, path):
        """It is refused by its own word, whatever folder it lies in."""
        with opened(path, Mode.DRY_RUN):
            pass

        assert "a dry-run ledger can never be opened by a live run" in refusal(path, mode=Mode.LIVE)

    def test_another_accounts_ledger_is_refused(self, used):
        """The line says whose it is, and whose it is not."""
        line = refusal(used, account="U7654321")

        assert f"belongs to {ACCOUNT} in paper mode" in line
        assert "can never be opened by a run of U7654321" in line

    def test_ledger_without_an_owner_is_refused(self, used):
        """A file that says of nobody whose it is may be anybody's."""
        sql(used, "DROP TRIGGER ledger_DELETE_never", "DELETE FROM ledger")

        assert "does not say whose it is" in refusal(used)


class TestVersions:
    def test_file_says_which_version_it_has(self, used):
        """The number in the header is the number of steps that made it."""
        assert sql(used, "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]

    def test_older_file_is_brought_up_to_date(self, used, monkeypatch):
        """What an older program wrote is there after the step, and the step is done once."""
        step = ("CREATE TABLE later (one)", "INSERT INTO later VALUES (1)")
        monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, step])

        for _ in range(2):
            with opened(used) as journal:
                assert [record.state for record in journal.intents()] == [State.SENDING]
        assert sql(used, "SELECT one FROM later") == [(1,)]
        assert sql(used, "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]

    def test_step_that_fails_leaves_the_older_file(self, used, monkeypatch):
        """Half a step is none: the older program goes on with it."""
        step = ("CREATE TABLE later (one)", "INSERT INTO nowhere VALUES (1)")
        with monkeypatch.context() as patch:
            patch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, step])
            with pytest.raises(StorageError), opened(used):
                pass

        assert sql(used, "SELECT count(*) FROM sqlite_master WHERE name = 'later'") == [(0,)]
        with opened(used) as journal:
            assert len(journal.intents()) == 1

    def test_order_of_the_first_version_was_meant_at_the_market(self, path, monkeypatch):
        """It knew no other; all else is as it was written."""
        record = a_record()
        row = dict(zip((*MEANT, *KNOWN), _row(record), strict=True))
        del row["order_type"], row["price_magnifier"]
        with monkeypatch.context() as patch:
            patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
            with opened(path):
                pass
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            blanks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO intents ({', '.join(row)}) VALUES ({blanks})", [*row.values()])

        with opened(path) as journal:
            assert journal.intents() == (record,)
            assert record.intent.order_type is OrderType.MARKET

    @pytest.mark.parametrize("more", [1, 97])
    def test_file_of_a_later_program_is_refused(self, used, more):
        """What it means is not known; the way out is named."""
        version = len(schema.MIGRATIONS) + more
        sql(used, f"PRAGMA user_version = {version}")

        assert f"has version {version}" in (line := refusal(used))
        assert "upgrade sellcli" in line


def garbage(whole):
    return b"not a database at all" * 400


def empty(whole):
    return b""


def half(whole):
    return whole[: len(whole) // 2 // 4096 * 4096]


def torn(whole):
    return whole[: len(whole) - 1000]


def overwritten(whole):
    return whole[:4096] + b"\xff" * 8192 + whole[12288:]


class TestPatience:
    def test_one_that_writes_for_a_moment_is_waited_for(self, used):
        """Two commands may look at one journal."""
        with closing(sqlite3.connect(used, isolation_level=None, check_same_thread=False)) as other:
            release = threading.Timer(0.2, other.execute, ("COMMIT",))
            with closing(SqliteJournal(used, MODE, ACCOUNT)) as journal:
                other.execute("BEGIN IMMEDIATE")
                release.start()
                journal.note([Entry(TEN, "", "waited", "")])
            release.join()

        assert sql(used, "SELECT count(*) FROM events WHERE what = 'waited'") == [(1,)]

    def test_nothing_to_write_waits_for_nobody(self, used):
        """A comparison that moves no intent is not held up, and does not fail."""
        with closing(sqlite3.connect(used, isolation_level=None)) as other, opened(used) as journal:
            other.execute("BEGIN IMMEDIATE")
            journal.record([])
            journal.note([])
            journal.add_trades([], [])


class TestReading:
    def test_what_is_read_together_is_of_one_moment(self, used):
        """Trades and their costs, say, though another program adds some in between."""
        database = Database(used, MODE, ACCOUNT, 0.05)
        with closing(database), opened(used) as other:
            with database.reading() as db:
                before = db.execute("SELECT count(*) FROM executions").fetchone()
                other.add_trades([an_execution("e2.01")], [a_commission("e2.01")])
                costs = db.execute("SELECT count(*) FROM commissions").fetchone()
            assert before == costs == (1,)
            with database.reading() as db:
                assert db.execute("SELECT count(*) FROM commissions").fetchone() == (2,)


class TestDamage:
    @pytest.mark.parametrize("damage", [garbage, empty, half, torn, overwritten])
    def test_damaged_file_is_refused_and_left_alone(self, used, damage):
        """It is never replaced by a new one: that would forget what was sent."""
        used.write_bytes(damage(used.read_bytes()))

        line = refusal(used)
        assert "is damaged or none of this program" in line
        assert "move it away" in line

    def test_database_of_another_program_is_refused(self, path):
        """Nothing is added to a file that is not ours."""
        sql(path, "CREATE TABLE intents (one)", "PRAGMA user_version = 99")

        assert "none of this program (it does not begin like a journal)" in refusal(path)

    @pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="the system does not tell of open files")
    def test_file_that_was_refused_is_let_go_of(self, used):
        """The line tells people to move it away, which some systems allow of no open file."""
        with pytest.raises(StorageError) as refused:
            SqliteJournal(used, MODE, "U7654321")

        held = [file.resolve() for file in OPEN_FILES.iterdir()]
        assert used.resolve() not in held
        assert refused.value is not None  # and with it all that its traceback holds on to

    @pytest.mark.parametrize(
        "loss",
        ["DROP INDEX one_open_intent", "DROP TRIGGER events_UPDATE_never", "DROP TABLE positions"],
    )
    def test_file_that_lost_a_guard_is_refused(self, used, loss):
        """A table without what guards it keeps no promise."""
        sql(used, loss)

        assert f"it lacks {loss.split()[1].lower()} {loss.split()[2]}" in refusal(used)

    def test_guard_that_misses_a_row_is_damage(self, used):
        """An index that is named like the guard, and would let a second sale be prepared."""
        ((guard,),) = sql(used, "SELECT sql FROM sqlite_master WHERE name = 'one_open_intent'")
        sql(
            used,
            "DROP INDEX one_open_intent",
            f"{guard.partition('WHERE')[0]} WHERE state = 'none'",
            "PRAGMA writable_schema = ON",
            f"UPDATE sqlite_master SET sql = '{guard.replace(chr(39), chr(39) * 2)}'"
            " WHERE name = 'one_open_intent'",
        )

        assert "missing from index one_open_intent" in refusal(used)

    @pytest.mark.parametrize(
        "change",
        [
            "state = 'sold'",
            "filled = 'some'",
            "decided_at = 'noon'",
            "cancels = '{'",
            "epoch = 5",
            "account = 'U1'",
        ],
    )
    def test_row_that_cannot_be_so_is_owned_up_to(self, used, change):
        """A record that does not add up is not handed on."""
        sql(used, f"UPDATE intents SET {change}")

        with opened(used) as journal, pytest.raises(StorageError, match="is damaged"):
            journal.intents()

    def test_row_under_another_name_says_both(self, used):
        """Somebody changed what the name of an intent stands for."""
        name = a_record().intent_id
        sql(used, "UPDATE intents SET epoch = 5")

        with opened(used) as journal, pytest.raises(StorageError) as refused:
            journal.intents()
        other = a_record(epoch=5).intent_id
        assert f"(intent {name}: its fields name {other});" in str(refused.value)

    @pytest.mark.parametrize("suffix", ["-wal", "-journal"])
    def test_lost_file_is_not_begun_anew_beside_its_log(self, used, suffix):
        """What the log holds was promised; a new file would take its place."""
        log = used.with_name(used.name + suffix)
        log.write_bytes(b"anything")
        used.unlink()

        with pytest.raises(StorageError, match=f"is gone, but {log.name} beside it is not"):
            SqliteJournal(used, MODE, ACCOUNT)
        assert not used.exists()
        assert log.read_bytes() == b"anything"

    @pytest.mark.parametrize("suffix", ["", "-wal"])
    def test_file_behind_a_link_is_watched_where_it_lies(self, path, tmp_path, suffix):
        """There the other files of it lie, too."""
        with opened(path):
            pass
        link = tmp_path / "elsewhere" / "journal.db"
        link.parent.mkdir()
        link.symlink_to(path)
        with opened(link) as journal:
            journal.prepare([a_record(1)])
            path.with_name(path.name + suffix).unlink()

            with pytest.raises(StorageError, match="was moved or removed while in use"):
                journal.prepare([a_record(2)])

    @pytest.mark.parametrize("suffix", ["", "-wal"])
    def test_file_that_was_removed_while_in_use_takes_nothing_more(self, path, suffix):
        """What is written to a file without a name is gone at the next start."""
        with opened(path) as journal:
            journal.prepare([a_record(1)])
            path.with_name(path.name + suffix).unlink()

            with pytest.raises(StorageError) as refused:
                journal.prepare([a_record(2)])
            assert str(refused.value) == (
                f"the journal {path} or its -wal file was moved or removed while in use; put them"
                " back and start again"
            )
            assert journal.open_intents() == (a_record(1),)

    def test_unfinished_end_of_the_log_is_nothing(self, path, tmp_path):
        """A power cut amid a write takes that write along, and no other."""
        copy = tmp_path / "copy.db"
        with opened(path) as journal:
            journal.prepare([a_record(1)])
            size = path.with_name(path.name + "-wal").stat().st_size
            journal.prepare([a_record(2)])
            log = path.with_name(path.name + "-wal").read_bytes()
            copy.write_bytes(path.read_bytes())
            copy.with_name(copy.name + "-wal").write_bytes(log[: (size + len(log)) // 2])

        with opened(copy) as journal:
            assert journal.open_intents() == (a_record(1),)


class TestMaking:
    def test_folders_are_made(self, tmp_path):
        """A first start needs nothing prepared, and leaves nothing lying about."""
        path = tmp_path / "state" / "paper" / "journal.db"
        with opened(path):
            pass

        assert names_in(path.parent) == ["journal.db"]

    @pytest.mark.parametrize("name", ["a?b#c%20.db", 'über\'s "journal".db'])
    def test_any_name_will_do(self, tmp_path, name):
        """Also one that means something in an address."""
        with opened(tmp_path / name) as journal:
            journal.prepare([a_record()])

        assert name in names_in(tmp_path)
        with opened(tmp_path / name) as journal:
            assert journal.intents() == (a_record(),)

    def test_folder_in_its_place_is_one_clear_line(self, path):
        """Something else has the name."""
        path.mkdir()

        with pytest.raises(StorageError, match=r"cannot open the journal .*journal\.db"):
            SqliteJournal(path, MODE, ACCOUNT)

    def test_file_in_the_folders_place_is_one_clear_line(self, tmp_path):
        """There is no room for it."""
        tmp_path.joinpath("state").write_text("")

        with pytest.raises(StorageError, match="cannot write"):
            SqliteJournal(tmp_path / "state" / "journal.db", MODE, ACCOUNT)

    @pytest.mark.skipif(IS_ROOT, reason="nothing is forbidden to root")
    def test_read_only_folder_is_one_clear_line(self, tmp_path):
        """It cannot be made there, and the line says what to do."""
        tmp_path.chmod(0o555)
        try:
            with pytest.raises(StorageError, match="allow writing there"):
                SqliteJournal(tmp_path / "journal.db", MODE, ACCOUNT)
        finally:
            tmp_path.chmod(0o755)

    def test_link_is_followed(self, tmp_path, used):
        """The log lies beside the file, not beside the link."""
        link = tmp_path / "elsewhere" / "link.db"
        link.parent.mkdir()
        link.symlink_to(used)

        with opened(link) as journal:
            assert len(journal.open_intents()) == 1
            assert names_in(link.parent) == ["link.db"]


class TestDurability:
    def test_the_disk_confirms_every_write(self, path):
        """The settings that make a returned call survive a power cut."""
        with opened(path) as journal:
            db = journal._database._db
            wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
            wanted |= {"fullfsync": 1, "checkpoint_fullfsync": 1}  # heeded on macOS
            assert {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted} == wanted

    @pytest.mark.skipif(os.name == "nt", reason="locks by files of their own are Unix's")
    def test_file_system_that_cannot_share_memory_is_refused(self, used, monkeypatch):
        """Without it there is no log that readers and a writer share, and no promise to keep."""
        sql(used, "PRAGMA journal_mode = DELETE")  # as a backup by SQLite itself is
        connect = sqlite3.connect

        def connect_without_sharing(address, **how):
            uri = address.startswith("file:")  # and not the model of the schema in memory
            return connect(f"{address}&vfs=unix-dotfile" if uri else address, **how)

        monkeypatch.setattr(sqlite3, "connect", connect_without_sharing)

        assert "cannot share memory between programs; keep the journal on a local disk" in refusal(
            used
        )

    def test_backup_by_sqlite_is_opened_like_the_file_itself(self, used, tmp_path):
        """Such a copy has another kind of log at first."""
        backup = tmp_path / "backup.db"
        sql(used, f"VACUUM INTO '{backup}'")

        with opened(backup) as journal:
            assert [record.state for record in journal.intents()] == [State.SENDING]
            assert journal._database._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_new_file_that_may_not_last_is_none(self, path, monkeypatch):
        """Half a journal would be met by the next run, and refused for ever."""

        def refuse(descriptor):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(StorageError, match="free some space and try again"), opened(path):
            pass

        assert names_in(path.parent) == []

    def test_writer_shuts_others_out_before_it_looks(self, path):
        """What it builds upon must still be so when it writes."""
        first, second = (Database(path, MODE, ACCOUNT, 0.05) for _ in range(2))
        with closing(first), closing(second):
            with first.writing() as db:
                db.execute("SELECT count(*) FROM intents").fetchone()
                with pytest.raises(StorageError, match="another program holds it"):
                    second.writing().__enter__()
            with second.writing():
                pass

    def test_disk_that_takes_no_more_is_one_clear_line(self, path):
        """The system's own refusal to let the files grow, amid a write."""
        resource = pytest.importorskip("resource", reason="limits of a Unix")
        with opened(path) as journal:
            (record,) = journal.prepare([a_record(1)])
            size = path.with_name(path.name + "-wal").stat().st_size
            limits = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5000, limits[1]))
            try:
                with pytest.raises(StorageError, match="disk failed or is full; check the disk"):
                    journal.prepare([a_record(n) for n in range(2, 200)])
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)

            assert journal.intents() == (record,)
            journal.record([sent(record)])
        with opened(path) as journal:
            assert [record.state for record in journal.intents()] == [State.SENDING]

    def test_interrupted_write_stores_nothing(self, path, monkeypatch):
        """Ctrl-C amid a call leaves neither half of it nor a shut door."""

        def interrupt(move, intent_id):
            raise KeyboardInterrupt

        with opened(path) as journal:
            (record,) = journal.prepare([a_record()])
            with monkeypatch.context() as patch:
                patch.setattr("adapters.sqlite.journal.happened", interrupt)
                with pytest.raises(KeyboardInterrupt):
                    journal.record([sent(record)])

            assert journal.intents() == (record,)
            journal.record([sent(record)])

    def test_value_that_no_file_can_hold_is_one_clear_line(self, path):
        """No error of the library gets out, and nothing is stored."""
        with opened(path) as journal:
            for known in ({"words": "\ud800"}, {"perm_id": 2**70}, {"close": float("nan")}):
                with pytest.raises(StorageError, match=f"cannot write the journal {path}: "):
                    journal.prepare([a_record(**known)])

            assert journal.intents() == ()


class TestTables:
    @pytest.mark.parametrize("table", ["events", "sent", "executions", "commissions", "ledger"])
    @pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET rowid = rowid"])
    def test_facts_are_only_ever_added(self, used, table, change):
        """Nobody changes or forgets one by a slip of the hand."""
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} are only ever added"):
            sql(used, change.format(table))

    def test_intents_are_never_forgotten(self, used):
        """They move on, and stay."""
        with pytest.raises(sqlite3.IntegrityError, match="never forgotten"):
            sql(used, "DELETE FROM intents")

    @pytest.mark.parametrize("state", [state for state in State if state.open])
    def test_file_itself_holds_one_open_intent_for_a_position(self, used, state):
        """Also against a program that does not ask first."""
        sql(used, f"UPDATE intents SET state = '{state.value}'")
        columns = [name for _, name, *_ in sql(used, "PRAGMA table_info(intents)")][2:]
        copy = (
            f"INSERT INTO intents (intent_id, {', '.join(columns)})"
            f" SELECT 'other', {', '.join(columns)} FROM intents"
        )

        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            sql(used, copy)

    def test_every_step_counts_a_version(self, used):
        """One when it was prepared, one more for each step."""
        assert sql(used, "SELECT version FROM intents") == [(2,)]

    def test_texts_can_be_read_by_people(self, used):
        """States in words, instants in ISO 8601, shares as decimals."""
        rows = sql(used, "SELECT state, ticker, sent_at, held FROM intents")

        assert rows == [("sending", "NASDAQ:S1", "2022-05-20T14:00:00.000000Z", "100.7")]


class TestSharing:
    def test_steps_of_two_connections_follow_one_another(self, path):
        """Each sees what the other has stored; only one of two that meet gets through."""
        with opened(path) as one, opened(path) as other:
            one.prepare([a_record(1)])
            (record,) = other.open_intents()
            other.record([sent(record)])

            with pytest.raises(IllegalMove):
                one.record([sent(record)])
            assert one.sent_since(later(-1)).orders == 1

    def test_writer_that_waited_too_long_fails(self, path):
        """It has stored nothing, and can try again once the other is done."""
        with opened(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageError, match="another program holds it"):
                journal.prepare([a_record()])
            assert journal.intents() == ()  # reading waits for nobody
            db.execute("ROLLBACK")

            assert journal.prepare([a_record()]) == (a_record(),)

    def test_another_thread_is_refused(self, path):
        """It would tear a transaction in two."""
        lines = []

        def use(journal):
            try:
                journal.prepare([a_record()])
            except StorageError as error:
                lines.append(str(error))

        with opened(path) as journal:
            thread = threading.Thread(target=use, args=(journal,))
            thread.start()
            thread.join()

        assert len(lines) == 1
        assert "thread" in lines[0]

    def test_closed_journal_says_so(self, path):
        """And closing twice is no mistake."""
        journal = SqliteJournal(path, MODE, ACCOUNT)
        journal.close()
        journal.close()

        with pytest.raises(StorageError, match="closed"):
            journal.intents()


def test_only_files_of_ours_are_made(used):
    """Nothing stays beside a journal that was closed."""
    assert names_in(used.parent) == [used.name]
