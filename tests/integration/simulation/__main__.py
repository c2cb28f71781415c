"""
Tell stories from the command line.

    python -m tests.integration.simulation --seeds 100000
    python -m tests.integration.simulation --seed 4711 --trace
"""

import argparse
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter

from tests.integration.simulation.story import Ending, tell

CHUNK = 250


def main() -> int:
    """Return 0 where every promise was kept."""
    parser = argparse.ArgumentParser(description="Tell stories and hold them to their promises.")
    parser.add_argument("--seed", type=int, help="tell this one story")
    parser.add_argument("--trace", action="store_true", help="with --seed: print it in words")
    parser.add_argument("--seeds", type=int, default=2000, help="how many stories to tell")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        return _one(chosen.seed, trace=chosen.trace)
    return _many(chosen.first, chosen.seeds)


def _one(seed: int, *, trace: bool) -> int:
    ending = tell(seed, trace=trace)
    for line in ending.trace:
        print(line)
    print(f"seed {seed}: {ending.broken or 'every promise kept'}; {', '.join(ending.states)}")
    return 1 if ending.broken else 0


def _chunk(seeds: range) -> list[Ending]:
    return [tell(seed) for seed in seeds]


def _many(first: int, count: int) -> int:
    chunks = [
        range(start, min(start + CHUNK, first + count))
        for start in range(first, first + count, CHUNK)
    ]
    states: Counter[str] = Counter()
    broken: list[Ending] = []
    lives = 0
    began = perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for endings in pool.map(_chunk, chunks):
            for ending in endings:
                states.update(ending.states)
                lives += ending.lives
                if ending.broken is not None:
                    broken.append(ending)
                    print(f"seed {ending.seed}: {ending.broken}", file=sys.stderr)
    seconds = perf_counter() - began
    ends = ", ".join(f"{number} {state}" for state, number in states.most_common())
    print(
        f"{count} stories, {lives} lives, {count / seconds:.0f} stories a second on "
        f"{os.cpu_count()} cores; intents: {ends}; promises broken in {len(broken)}"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
