"""The arrays that prices, instants and places come in."""

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.int64]
"""Whole seconds since 1970-01-01 UTC."""

Floats = NDArray[np.float64]
"""Prices in the instrument's currency, or volumes in shares."""

Booleans = NDArray[np.bool_]
Counts = NDArray[np.int64]

Places = NDArray[np.intp]
"""Where something stands in an array."""
