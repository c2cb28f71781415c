"""
Which calendar the stocks of a primary listing exchange trade by.

Keys are Interactive Brokers' names, values the market identifier codes (ISO
10383) that the tables are named for. A name is listed only where both the name
and its hours are certain: FWB and SWB, for instance, are trading floors that
stay open hours longer than Xetra, and a daily bar taken for closed at Xetra's
close would still be forming there.
"""

_NAMES = {
    "XNYS": (
        "NYSE",
        "NASDAQ",
        "NASDAQ.NMS",
        "NASDAQ.SCM",
        "NMS",
        "ISLAND",
        "ARCA",
        "AMEX",
        "BATS",
        "IEX",
        "CHX",
        "PINK",
        "OTCBB",
        "ARCAEDGE",
    ),
    "XTSE": ("TSE", "VENTURE"),
    "XLON": ("LSE", "LSEETF"),
    "XETR": ("IBIS", "IBIS2"),
    "XPAR": ("SBF",),
    "XAMS": ("AEB",),
    "XBRU": ("ENEXT.BE",),
    "XLIS": ("BVL",),
    "XSWX": ("EBS", "VIRTX"),
    "XMIL": ("BVME", "BVME.ETF"),
    "XMAD": ("BM",),
    "XWBO": ("VSE",),
    "XWAR": ("WSE",),
    "XSTO": ("SFB",),
    "XCSE": ("CPH",),
    "XHEL": ("HEX",),
    "XOSL": ("OSE",),
    "XASX": ("ASX",),
    "XHKG": ("SEHK",),
    "XTKS": ("TSEJ",),
}

CALENDARS = {name: calendar for calendar, names in _NAMES.items() for name in names}
"""The calendar of each of IB's exchange names."""
