"""
A seeded world around the real core: every port may fail, lie or be the last call.

One seed is one story: a market, a broker with its own will, a person who trades
by hand, a disk, a clock, and a process that is killed and started again. After
every step the promises of ``promises`` are checked.
"""
