"""The protocol of src/peers.rs: warm up, then run on request and report the time measured here."""

import json
import os
import sys
import time


def say(message):
    print(json.dumps(message), flush=True)


def absent(reason):
    say({"absent": str(reason)})
    sys.exit(0)


def peer_path(variable, under=""):
    """Puts the clone that an environment variable names on the module path."""
    folder = os.environ.get(variable)
    if folder:
        sys.path.insert(0, os.path.join(folder, under))


def serve(run, warm_up=None):
    """`run()` gives numbers; everything before this call is not measured."""
    try:
        (warm_up or run)()
    except Exception as error:  # the reason stands in the table
        absent(f"{type(error).__name__}: {error}")
    say({"ready": True})
    for _ in sys.stdin:
        begin = time.perf_counter()
        try:
            answer = run()
        except Exception as error:
            say({"absent": f"{type(error).__name__}: {error}"})
            continue
        seconds = time.perf_counter() - begin
        say({"seconds": seconds, "answer": [float(value) for value in answer]})
