"""The program of a submission's process: it runs the file, and calls its functions on request.

It knows neither the answers nor the verdicts: those stay in the process of `grade`.
"""

import ast
import inspect
import linecache
import os
import sys
import traceback

import guard  # this file runs as a script; see the package's docstring
import plain
import stand_in
import wire


class Channel:
    """The line to `grade`, with the values that each side keeps for the other."""

    def __init__(self):
        """Take over stdin and stdout, so that the submission's own output goes nowhere."""
        self.reader, self.writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        self.kept = []

    def send(self, message):
        wire.write_message(self.writer, message, self._keep)

    def receive(self):
        line = self.reader.readline()
        if not line:  # `grade` has ended
            os._exit(0)
        return wire.read_message(line, self._get)

    def ask(self, **message):
        """Return the answer to a question; raise RuntimeError with the reason for a refusal."""
        self.send(message)
        answer = self.receive()
        if "refused" in answer:
            raise RuntimeError(answer["refused"])
        return answer["value"]

    def _keep(self, value):
        self.kept.append(value.content if isinstance(value, Kept) else value)
        return wire.Handle(len(self.kept) - 1, type(value).__name__)

    def _get(self, handle):
        if handle.type_name == "callback":  # a function that `grade` calls for us
            number = handle.number
            return lambda *arguments: self.ask(callback=number, arguments=list(arguments))
        return self.kept[handle.number]


class Kept:
    """A cache, which stays here as it is: its own backward may need more than its arrays."""

    def __init__(self, content):
        self.content = content


class Submission:
    """The submission's functions, by name, and what went wrong while its files ran."""

    def __init__(self, files, skipped, send):
        self.functions, self.notes = {}, []
        for path, blocks in files.items():
            names = {"__name__": "mine", "__file__": path, "get_ipython": Shell}
            Shell.names = names
            for k, source in enumerate(blocks):
                place = f"{path}, cell {k + 1}" if len(blocks) > 1 else path
                self._run_block(source, place, names, skipped, send)
            self.functions |= select_functions(names)

    def _run_block(self, source, place, names, skipped, send):
        linecache.cache[place] = len(source), None, source.splitlines(keepends=True), place
        try:
            tree = ast.parse(source, place)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            self._note(place, line, f"{type(error).__name__}: {getattr(error, 'msg', error)}")
            return
        flags = 0
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                flags |= sum(
                    getattr(__import__("__future__"), a.name).compiler_flag for a in node.names
                )
            at = f"{place}:{node.lineno}"
            if at in skipped:
                continue
            send({"at": at})
            try:
                code = compile(ast.Module([node], []), place, "exec", flags, dont_inherit=True)
                exec(code, names)
            except BaseException as error:  # SystemExit too: the other functions still count
                self._note(place, node.lineno, f"{type(error).__name__}: {error}")

    def _note(self, place, line, text):
        at = f"{place}, line {line}" if line else place
        self.notes.append(f"{at}: {text}"[:500])


class Shell:
    """Stand-in for IPython's shell in exported notebooks; it runs the code of a timed cell."""

    names = None

    @staticmethod
    def run_line_magic(*arguments):
        pass

    system = getoutput = run_line_magic

    @classmethod
    def run_cell_magic(cls, magic, line, cell):
        if magic in ("time", "timeit", "capture"):
            exec(compile(cell, "cell", "exec"), cls.names)


def select_functions(names):
    """Return the functions that a file defines itself, without decorators such as ``@njit``."""
    functions = {name: plain.make_plain(value) for name, value in names.items()}
    return {name: f for name, f in functions.items() if f and f.__globals__ is names}


def call_function(functions, request):
    """Call a function; return its value, its arguments afterwards, and the calls of `watch`."""
    arguments, settings = request["arguments"], request["settings"]
    watched = getattr(inspect.unwrap(functions.get(request["watch"])), "__code__", None)
    calls = 0

    def notice(frame, event, argument):
        nonlocal calls
        calls += event == "call" and frame.f_code is watched

    function = functions[request["name"]]
    sys.setprofile(notice if watched else None)
    try:
        value = plain.unroll(function(*arguments, **settings), request["cache"])
    except NotImplementedError:
        return {"unwritten": True}
    except BaseException as error:
        return {
            "error": f"{type(error).__name__}: {error}"[:2000],
            "line": find_line(function, error),
        }
    finally:
        sys.setprofile(None)
    if request["cache"] and isinstance(value, tuple | list) and len(value) == 2:
        value = value[0], Kept(value[1])
    return {"value": value, "arguments": [arguments, settings], "calls": calls}


def find_line(function, error):
    """Return the last line of the submission's own file that the error passed through."""
    home = inspect.unwrap(function).__code__.co_filename
    lines = [
        linecache.getline(home, number).strip()
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == home
    ]
    return lines[-1][:500] if lines else ""


def main():
    channel = Channel()
    start = channel.receive()
    sys.path.remove(os.path.dirname(os.path.abspath(__file__)))
    stand_in.install(channel.ask)
    guard.install(os.getcwd(), start["hidden"], globals())
    submission = Submission(start["files"], set(start["skipped"]), channel.send)
    parameters = {name: list_parameters(f) for name, f in submission.functions.items()}
    channel.send({"functions": parameters, "notes": submission.notes})
    while True:
        answer = call_function(submission.functions, channel.receive())
        try:
            channel.send(answer)
        except Exception as error:  # a value whose parts can't be read
            channel.send({"error": f"{type(error).__name__}: {error}"[:2000], "line": ""})


def list_parameters(function):
    try:
        return [[p.name, int(p.kind)] for p in inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        return []


if __name__ == "__main__":
    main()
