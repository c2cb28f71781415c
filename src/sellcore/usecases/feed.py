"""What a watch knows of the bars."""

from datetime import datetime

from attrs import Factory, define

from sellcore.forming import TakenIn
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries


@define
class Feed:
    """
    What is known so far of each series. Only use cases change it.

    Attributes:
        series: The stored bars.
        taken_in: The last answer of each series, beside what it came to.
        unsaved: Updates that the store has not taken yet.
        asked_at: When each series was last answered in this run, UTC.
        unanswered: Why the latest request for a series brought no bars.
        not_before: A series that was refused, or had no data, is not asked for before.
    """

    series: dict[SeriesKey, StoredSeries] = Factory(dict)
    taken_in: dict[SeriesKey, TakenIn] = Factory(dict)
    unsaved: list[SeriesUpdate] = Factory(list)
    asked_at: dict[SeriesKey, datetime] = Factory(dict)
    unanswered: dict[SeriesKey, str] = Factory(dict)
    not_before: dict[SeriesKey, datetime] = Factory(dict)
