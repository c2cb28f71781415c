"""What holds for every test."""

import atexit
import os
import shutil
import signal
import tempfile
import threading

from hypothesis import settings

# What all programs of a person share lies in their home; a test's programs share this.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="sellcli-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)

# No promise of ours is about milliseconds, and a busy machine must not fail a law.
settings.register_profile("sellcli", deadline=None)
settings.load_profile("sellcli")

# Jobs in a shell's background ignore Ctrl-C, so do their children, and the program under
# test leaves what is ignored ignored: then whoever types it in a test would wait in vain.
if (
    threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):
    signal.signal(signal.SIGINT, signal.default_int_handler)
