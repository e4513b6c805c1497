"""The decorator `exercise`, which checks the function below it, and `hint`."""

import inspect

from minidraw.errors import UserError
from minidraw.learn import own_functions
from minidraw.learn.checking.judge import (
    OTHER_CACHE_NOTE,
    OWN_CACHE_NOTE,
    Verdict,
    judge,
    judge_pair,
)
from minidraw.learn.exercises import all_exercises, get_exercise
from minidraw.learn.grading.child.plain import find_inner, make_plain
from minidraw.learn.notebook.earlier import call_layers
from minidraw.learn.notebook.missing_names import suggest_cells
from minidraw.learn.notebook.stubs import is_stub
from minidraw.learn.own_layers import find_usable

_hints_given = {}  # exercise id to a count
_unsaved = {}  # (id of a notebook's namespace, name) to a right function that isn't in the file


class NotYet(Exception):
    """Error for a wrong function; a notebook shows its message without a traceback."""

    def _render_traceback_(self):
        return str(self).splitlines()


def exercise(id):
    """Check a function, and if it is right, use it in later cells.

    Parameters
    ----------
    id : str
        Lesson and name, such as ``05.filterbank_backward``.

    Returns
    -------
    decorator
        Returns the learner's function if it is right, and saves it to ``mine.py``.  Returns the
        package's function if the learner's isn't written yet.

    Raises
    ------
    NotYet
        If the function is wrong; the message names the likely mistake.
    """
    entry = get_exercise(id)

    def decorate(function):
        given, function = function, make_plain(function)
        if function is None:
            kind = type(given).__name__
            raise NotYet(f"{id}: this is a {kind}; the check needs the plain function after def")
        left_out = given is not function and function is find_inner(given)
        if left_out:
            print(f"{id}: checked and used without its decorator, which only saves time.")
        if function.__name__ != entry.name:
            raise NotYet(f"{id}: the function must be named {entry.name}")
        try:
            theirs = own_functions.load_functions()
        except UserError as error:
            theirs = {}
            print(f"{error}. Nothing is saved until you fix it.")
        # Without the learner's own: minidraw's, which calls their earlier functions.
        answer = call_layers(entry.answer, function.__globals__.get("layers"))
        known = theirs | _find_unsaved(function.__globals__)
        verdict = _judge_in_notebook(entry, function, entry.choose_forward(known))
        why = verdict.message or "not written yet"
        if verdict.kind == "unwritten" and entry.name in theirs:
            misfit = _find_misfit(entry, theirs)
            if not misfit:
                why = verdict.message or "not written here"
                print(f"{id}: {why}. The lesson goes on with yours from {own_functions.FILE}.")
                return theirs[entry.name]
            why += f"; yours from {own_functions.FILE} isn't used: {misfit}"
        if verdict.kind in ("unwritten", "borrowed"):
            print(f"{id}: {why}. The lesson goes on with minidraw's function.")
            return answer
        if verdict.kind != "right":
            # The cells below need the name; an earlier meaning of it stays.
            function.__globals__.setdefault(entry.name, answer)
            cells = suggest_cells(verdict.message)
            more = f"{verdict.message}\n{cells}".rstrip()
            raise NotYet(f'{id}: not right yet.\n{more}\nStuck? hint("{id}")') from None
        note = f" ({verdict.message})" if verdict.message else ""
        print(f"{id}: right{note}. {_save(entry, function)}")
        chosen = _choose_pair(entry, function, known, verdict)
        return given if chosen is function and not left_out else chosen

    return decorate


def _find_unsaved(namespace):
    """Return a notebook's functions that are right but aren't in the file, by name."""
    return {name: f for (place, name), f in _unsaved.items() if place == id(namespace)}


def _find_misfit(entry, theirs):
    """Return why a saved function can't be used, alone or with its other direction, or None."""
    known = all_exercises()
    forward = next((e for e in known.values() if e.answer is entry.forward), entry)
    if forward.name not in theirs:
        forward = entry
    pair = [id for id, e in known.items() if e is forward or e.forward is forward.answer]
    return find_usable([pair], theirs)[1].get(entry.name)


def _judge_in_notebook(entry, function, forward):
    """Judge a function that may call itself: its name can still mean an earlier version."""
    if is_stub(entry.id, function):
        return Verdict("unwritten")
    names, missing = function.__globals__, object()
    before = names.get(entry.name, missing)
    names[entry.name] = function
    try:
        verdict = judge(entry, function, forward)
    finally:
        del names[entry.name]
        if before is not missing:
            names[entry.name] = before
    endless = verdict.kind == "raised" and "RecursionError" in verdict.message
    return judge(entry, function, forward) if endless and before is not missing else verdict


def _choose_pair(entry, function, theirs, verdict):
    """Return the function for the cells below; a forward and its backward share one cache."""
    names = function.__globals__
    if entry.forward is not None:
        name = entry.forward.__name__
        own = theirs.get(name)
        if name in names and own:
            fits = judge_pair(entry, function, own).kind == "right"
            names[name] = own if fits else entry.forward
        return function
    if OWN_CACHE_NOTE not in verdict.message:
        return function
    backward = next((e for e in all_exercises().values() if e.forward is entry.answer), None)
    own = backward and theirs.get(backward.name)
    if own and judge_pair(backward, own, function).kind == "right":
        names[backward.name] = own
        return function
    print("The cells below use minidraw's pair until your backward fits this cache.")
    return entry.answer


def _save(entry, function):
    """Save a function if it is also right in the file; return what was done."""
    key = id(function.__globals__), entry.name
    _unsaved[key] = function
    try:
        before = own_functions.load_functions()
        text = own_functions.add_function(entry, function)
        theirs = own_functions.run_source(text)
    except (own_functions.NotSelfContained, UserError) as error:
        return f"Not saved: {error}."
    if entry.name not in theirs:  # __name__ was set by hand
        return f"Not saved: it isn't defined with def {entry.name}."
    verdict = judge(entry, theirs[entry.name], entry.choose_forward(theirs))
    if verdict.kind != "right":
        forward = entry.forward.__name__ if entry.forward else ""
        if forward in _find_unsaved(function.__globals__):
            return f"Not saved: it goes with your {forward}, which isn't saved."
        why = verdict.message.splitlines()[0] if verdict.message else verdict.kind
        return f"Not saved to {own_functions.FILE}: without the notebook, {why}."
    lines = [f"Saved to {own_functions.FILE}."]
    for user in own_functions.find_users(text, entry):
        fault = _find_fault(user, theirs)
        if fault and not _find_fault(user, before):
            lines.append(f"But {user}, saved earlier, is not right together with it: {fault}.")
    own_functions.write_file(text)
    del _unsaved[key]
    return "\n".join(lines)


def _find_fault(id, theirs):
    """Return what is wrong with a saved function among the others, or an empty text."""
    entry = all_exercises().get(id)  # None for a block of a lesson that has been renamed
    if entry is None or entry.name not in theirs:
        return ""
    verdict = judge(entry, theirs[entry.name], entry.choose_forward(theirs))
    if verdict.kind == "right" and verdict.message != OTHER_CACHE_NOTE:
        return ""
    return verdict.message.partition("\n")[0].rstrip(".") or verdict.kind


def hint(id):
    """Print the next step of the derivation; after the last, name the file with the answer."""
    entry = get_exercise(id)
    number = _hints_given.get(id, 0)
    _hints_given[id] = number + 1
    if number < len(entry.hints):
        more = "ask again for more" if number + 1 < len(entry.hints) else "ask again for the file"
        print(f"{entry.hints[number]}\n({more})")
        return
    path = inspect.getsourcefile(entry.answer)
    print(f"The answer is the function {entry.answer.__name__} in {path}.")
