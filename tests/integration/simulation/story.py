"""Telling one story: from a seed to its end, through every death of the process."""

from datetime import datetime, timedelta

from attrs import evolve, frozen
from tests.integration.simulation import promises
from tests.integration.simulation.faults import Fault
from tests.integration.simulation.life import (
    Account,
    Calendar,
    Desk,
    Disk,
    Journal,
    Line,
    Market,
    People,
    Time,
    listener,
)
from tests.integration.simulation.market import next_bar
from tests.integration.simulation.world import Killed, World

from sellcore.due import next_look
from sellcore.errors import BrokerUnavailable, SellError, StorageError
from sellcore.order import Mode
from sellcore.policy import AtClose, Policy
from sellcore.selling.account_kind import AccountKind
from sellcore.selling.arming import Arming
from sellcore.usecases.decide import holdings
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.watch import begin, decide_and_act, read, run
from sellcore.usecases.watch_state import Ports, Terms, WatchState

MINUTE = timedelta(minutes=1)
OVERNIGHT = timedelta(hours=66)
SETTLED = timedelta(seconds=61)
"""By then a bar's last reading is final."""


@frozen
class Ending:
    """
    How a story came out.

    Attributes:
        seed: What told it.
        broken: The promise that was not kept, or None.
        states: Where its intents ended.
        journal: All that the journal holds, as text.
        lives: How often the process was begun.
        trace: The story in words, where it was asked for.
    """

    seed: int
    broken: str | None
    states: tuple[str, ...]
    journal: str
    lives: int
    trace: tuple[str, ...]


def tell(seed: int, *, trace: bool = False) -> Ending:
    """Tell the story of one seed."""
    world = World(seed, trace=trace)
    lives, broken = 0, None
    try:
        lives = _live(world)
        promises.at_rest(world)
    except (AssertionError, SellError) as error:
        broken = str(error)
        world.note(f"BROKEN: {error}")
    states = tuple(str(record.state) for record in world.journal.intents())
    journal = "\n".join(
        f"{record}\n" + "\n".join(map(str, world.journal.entries(record.intent_id)))
        for record in world.journal.intents()
    )
    return Ending(seed, broken, states, journal, lives, tuple(world.trace or ()))


@frozen
class Process:
    """What is gone when it is killed."""

    ports: Ports
    terms: Terms
    state: WatchState


def _live(world: World) -> int:
    """Run life after life until the story is over; return how many there were."""
    policy = Policy(at_close=world.random.choice(tuple(AtClose)))
    day = world.now + timedelta(minutes=world.random.choice((6, 9, 14)))
    process, lives = _until(world, policy, day, None)
    if world.closes_meanwhile(day) or world.random.random() < 0.2:
        process = _left_running(world, process)
        world.pass_the_night((world.now + OVERNIGHT).timestamp() // 86400 * 86400 + 13.45 * 3600)
        world.lose("the gateway restarted over night")
        process, more = _until(world, policy, world.now + timedelta(minutes=14), process)
        lives += more
    process = _left_running(world, process)
    world.grow_calm()
    _, more = _until(world, policy, world.now + timedelta(minutes=13), process)
    return lives + more


def _left_running(world: World, process: Process | None) -> Process | None:
    """Let a person end the process here and there, to begin it again later."""
    if process is None or world.random.random() < 0.6:
        return process
    world.note("ended by a person")
    world.lose("closed by us")
    return None


def _until(
    world: World, policy: Policy, end: datetime, process: Process | None
) -> tuple[Process | None, int]:
    """Let the process watch until then, and be begun again as often as it dies."""
    lives = 0
    while world.now < end and lives < 12:
        lives += process is None
        try:
            return _watch_until(world, policy, end, process), lives
        except Killed:
            world.lose("the process died")
            world.reading = False
            dead = world.random.choice((0.1, 5.0, 60.0))
            if world.dice(Fault.LONG_DEATH):
                dead = max(dead, (end - world.now).total_seconds())
            world.servers.advance(world.servers.now + dead)
        except (BrokerUnavailable, StorageError) as error:
            world.note(f"ended: {error}")
            world.lose("the process ended")
            world.servers.advance(world.servers.now + 20.0)
            world.meddle()
        process = None
    return None, lives


def _watch_until(world: World, policy: Policy, end: datetime, process: Process | None) -> Process:
    """Go on with a process, or begin another one."""
    terms = _terms(world, policy, end)
    if process is None:
        if world.dice(Fault.NEW_CLIENT_ID, 0.5):
            world.servers.ours += 1
        world.note(f"a life begins as client {world.servers.ours}")
        ports = _ports(world)
        process = Process(ports, terms, begin(ports, terms, None))
    else:
        process = evolve(process, terms=terms)
    if world.seed % 64:
        _watch(world, process)
    else:
        run(process.ports, process.state, process.terms)
    return process


def _watch(world: World, process: Process) -> None:
    """Do what ``run`` does but for tables and averages, which nobody looks at in a story."""
    ports, terms, state = process.ports, process.terms, process.state
    decide_and_act(ports, state, terms, holdings(state))
    while True:
        now = ports.clock.now()
        moment = next_look(state.contracts.sessions.values(), terms.policy, now)
        if state.line.retry_at is not None:
            moment = min(moment, max(state.line.retry_at, now))
        if terms.until is not None and moment > terms.until:
            return
        ports.clock.sleep_until(_idle_until(world, moment, terms.until or moment))
        read(ports, state, terms)
        decide_and_act(ports, state, terms, holdings(state))


def _idle_until(world: World, moment: datetime, end: datetime) -> datetime:
    """
    Return when the next look is: not every minute matters.

    While no intent is open, most stories go on where the next bar ends.
    """
    minutes = world.random.choice((2, 4) if world.dice.calm else (0, 0, 1, 2, 4))
    later = moment + timedelta(minutes=minutes)
    if not world.journal.open_intents() and world.random.random() < 0.8:
        behind = world.random.choice((timedelta(0), SETTLED, SETTLED))
        later = max(later, next_bar(moment - behind) + behind)
    return min(later, end)


def _ports(world: World) -> Ports:
    line, account, disk, people = Line(world), Account(world), Disk(world), People(world)
    market = Market(world)
    selling = Selling(
        journal=Journal(world),
        entry=Desk(world),
        witness=account,
        quotes=market,
        kill_switch=people,
        policy=world.policy,
        arming=Arming("DU0000001", AccountKind.PAPER, world.armed_until),
    )
    return Ports(
        clock=Time(world),
        connection=line,
        broker=account,
        market_data=market,
        bars=disk,
        averages=disk,
        assignments=world.assignments,
        log=disk,
        calendar=Calendar(),
        emit=listener(world),
        alerts=people,
        selling=None if world.dry else selling,
    )


def _terms(world: World, policy: Policy, end: datetime) -> Terms:
    return Terms(
        mode=Mode.DRY_RUN if world.dry else Mode.PAPER,
        run_id="story",
        account="",
        policy=policy,
        default_rule=None,
        delay=lambda attempt: 5.0 * attempt,
        until=end + timedelta(seconds=world.skew),
    )
