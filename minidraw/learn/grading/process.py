"""`SubmissionProcess` runs a submission in a process of its own, with limits of time and memory."""

import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from minidraw.learn.exercises import all_exercises
from minidraw.learn.grading import limits
from minidraw.learn.grading.child import wire
from minidraw.learn.grading.limits import Stopped
from minidraw.learn.grading.remote import RemoteError, RemoteFunction, copy_back
from minidraw.learn.grading.served import Borrowed, serve_attribute, serve_call

WORKER = Path(__file__).parent / "child" / "worker.py"
PACKAGE = Path(__file__).resolve().parents[2]
LOOK_SECONDS = 0.05  # between two looks at the memory
MAX_DEATHS_AT_THE_TOP = 5  # statements outside functions that end or stop the process
ENVIRONMENT = (
    "PATH PYTHONPATH PYTHONHOME SYSTEMROOT SYSTEMDRIVE LD_LIBRARY_PATH LANG LC_ALL".split()
)
USED_SOMEWHERE = {name for entry in all_exercises().values() for name in entry.uses}
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class SubmissionProcess:
    """A submission's functions, each callable from here; after its end, the process starts again.

    Parameters
    ----------
    files : dict
        Name of a file to its blocks of source text.
    given : Limits
    with_cache : names
        Forwards that return a cache.
    hidden : list of path
        What the submission may not read, besides the package.

    Attributes
    ----------
    functions : dict
        Name to `RemoteFunction`.
    notes : list of str
        What went wrong while the files ran.
    """

    def __init__(self, files, given, with_cache=(), hidden=()):
        self._files, self._limits = files, given
        self._hidden = [str(PACKAGE), *map(str, hidden)]
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process, self._skipped, self._deaths, self._at = None, [], [], None
        self._left, self._total_left = 0.0, given.total_seconds
        self._callbacks, self._allowed = [], USED_SOMEWHERE
        self._borrowed, self._with_cache = None, with_cache
        self.calls, self.watched = 0, ""
        self.functions, self.notes = {}, []

    def __enter__(self):
        self._start()
        return self

    def __exit__(self, *exc_info):
        self._stop()
        self._folder.cleanup()

    def renew_limit(self):
        """Begin the time limit of another function."""
        self._left = self._limits.seconds

    @contextmanager
    def watch(self, allowed):
        """Record the first call of minidraw that isn't allowed, as `BorrowingWatch` does."""
        self._allowed, self._borrowed = allowed, None
        watch = SimpleNamespace(borrowed=None)
        try:
            yield watch
        finally:
            self._allowed, watch.borrowed = USED_SOMEWHERE, self._borrowed

    def call(self, name, arguments, settings, returns_cache):
        """Call a function; copy what it did to its arguments back into them."""
        if self._process is None:
            self._start()
        request = {"name": name, "arguments": list(arguments), "settings": settings}
        reply = self._ask(request | {"watch": self.watched, "cache": returns_cache})
        if "unwritten" in reply:
            raise NotImplementedError
        if self._borrowed:  # its call was refused, which `watch` reports
            return None
        if "error" in reply:
            raise RemoteError(str(reply["error"]), str(reply["line"]))
        self.calls = max(self.calls, int(reply["calls"]))
        copy_back([arguments, settings], reply["arguments"])
        return reply["value"]

    def _start(self):
        """Start the process, without the statements at which an earlier one ended."""
        while True:
            self.renew_limit()
            self._launch()
            try:
                reply = self._ask(
                    {"files": self._files, "skipped": self._skipped, "hidden": self._hidden}
                )
            except Stopped as stopped:
                if self._at is None or len(self._deaths) == MAX_DEATHS_AT_THE_TOP:
                    raise
                self._skipped.append(self._at)
                self._deaths.append(f"{self._at.replace(':', ', line ')}: {stopped}")
                continue
            self.notes = [*self._deaths, *map(str, reply["notes"])]
            self.functions = {
                name: RemoteFunction(self, name, parameters, name in self._with_cache)
                for name, parameters in reply["functions"].items()
            }
            return

    def _launch(self):
        environment = {key: os.environ[key] for key in ENVIRONMENT if key in os.environ} | THREADS
        home = self._folder.name
        names = "HOME USERPROFILE TMPDIR TEMP TMP MPLCONFIGDIR NUMBA_CACHE_DIR IPYTHONDIR".split()
        self._process = subprocess.Popen(
            [sys.executable, "-B", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=home,
            env=environment | dict.fromkeys(names, home),
        )
        self._callbacks, self._at = [], None
        self._lines = queue.Queue(maxsize=100)
        reader = threading.Thread(
            target=_read_lines, args=(self._process.stdout, self._lines), daemon=True
        )
        reader.start()

    def _stop(self):
        if self._process is None:
            return
        limits.kill_tree(self._process.pid)
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process = None

    def _ask(self, request):
        """Send a request and return its answer; serve the process's own questions meanwhile."""
        self._send(request)
        while True:
            message = self._receive()
            if "at" in message:
                self._at = str(message["at"])
            elif {"get", "call", "callback"} & set(message):
                self._send(self._serve(message))
            else:
                return message

    def _serve(self, question):
        try:
            if "get" in question:
                return {"value": serve_attribute(*question["get"])}
            if "call" in question:
                value = serve_call(
                    *question["call"], question["arguments"], question["settings"], self._allowed
                )
                return {"value": value}
            return {"value": self._callbacks[int(question["callback"])](*question["arguments"])}
        except Borrowed as error:
            self._borrowed = self._borrowed or error.name
            return {"refused": f"{error.name} isn't available while grading"}
        except Exception as error:  # minidraw's function was called with wrong arguments
            return {"refused": f"{type(error).__name__}: {error}"[:500]}

    def _send(self, message):
        try:
            wire.write_message(self._process.stdin, message, self._keep)
        except OSError:
            pass  # it has ended, which `_receive` reports

    def _keep(self, value):
        self._callbacks.append(value)
        return wire.Handle(len(self._callbacks) - 1, "callback")

    def _receive(self):
        line = self._wait_for_line()
        if line.endswith(b"\n"):
            try:
                message = wire.read_message(line, lambda handle: handle)
                if isinstance(message, dict):
                    return message
            except ValueError:
                pass
        if line:
            raise self._end("raised", "it sent something that is no answer")
        self._process.wait()
        status = self._process.returncode
        raise self._end("raised", f"it ended the whole process (exit status {status})")

    def _wait_for_line(self):
        """Return the next line; a limit counts processor time, which a busy computer spares."""
        begun, before, used = time.monotonic(), None, 0.0
        try:
            while True:
                try:
                    return self._lines.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    seconds, memory = limits.measure(self._process.pid)
                before = seconds if before is None else before  # most answers need no look at all
                used = max(seconds - before, (time.monotonic() - begun) / limits.WAITING)
                if used > self._total_left:
                    total = f"{self._limits.total_seconds:g}"
                    raise self._end("timeout", f"the whole file has used its {total} s")
                if used > self._left:
                    raise self._end("timeout", f"still running after {self._limits.seconds:g} s")
                if memory > limits.MAX_MEMORY_BYTES:
                    gigabytes = limits.MAX_MEMORY_BYTES / 2**30
                    raise self._end("memory", f"it needs more than {gigabytes:.1f} GB of memory")
        finally:
            self._left, self._total_left = self._left - used, self._total_left - used

    def _end(self, kind, message):
        self._stop()
        return Stopped(kind, message)


def _read_lines(stream, lines):
    with stream:
        while line := stream.readline(wire.MAX_MESSAGE_BYTES):
            lines.put(line)
        lines.put(b"")
