"""
Figures beside a reference, in one run: ``python -m bench [MODULE ...]``.

A module of this package takes part once its name stands in ``bench.__main__``
and it has ``rows() -> Iterable[Row]``. Linear algebra is held to one thread,
here, before anything imports numpy: the references have one thread too.
"""

import os

for _library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
