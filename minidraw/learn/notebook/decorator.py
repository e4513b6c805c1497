"""``@exercise("05.filterbank_backward")`` above a stub: the check, in the same cell."""

import inspect

from minidraw.errors import UserError
from minidraw.learn import own_functions
from minidraw.learn.checking.judge import judge
from minidraw.learn.exercises import get_exercise

_asked = {}  # exercise to hints given


class NotYet(Exception):
    """A function that is wrong or stops; notebooks show the message alone."""

    def _render_traceback_(self):
        return str(self).splitlines()


def exercise(id):
    """Check a function, and use it from here on if it is right.

    Parameters
    ----------
    id : str
        Lesson and name, such as ``05.filterbank_backward``.

    Returns
    -------
    decorator
        It returns the learner's function where it is right, and saves it to ``mine.py``; the
        package's where it isn't written yet.

    Raises
    ------
    NotYet
        If the function is wrong; the message says what is known of the mistake.
    """
    entry = get_exercise(id)

    def decorate(function):
        if function.__name__ != entry.name:
            raise NotYet(f"{id}: the function must be called {entry.name}")
        try:
            theirs = own_functions.functions()
        except UserError as error:
            theirs = {}
            print(f"{error}. Until that is mended, nothing is saved.")
        verdict = judge(entry, function, entry.own_forward(theirs))
        if verdict.kind in ("unwritten", "borrowed"):
            why = "not written yet" if verdict.kind == "unwritten" else verdict.message
            print(f"{id}: {why}. The lesson goes on with minidraw's.")
            return entry.answer
        if verdict.kind != "right":
            # So that the cells below run on; what the name meant before stays.
            function.__globals__.setdefault(entry.name, entry.answer)
            raise NotYet(f'{id}: not right yet.\n{verdict.message}\nStuck? hint("{id}")') from None
        note = f" ({verdict.message})" if verdict.message else ""
        print(f"{id}: right{note}. {_keep(entry, function)}")
        return function

    return decorate


def _keep(entry, function):
    """Save a right function if it is right there too; says what was done."""
    try:
        text = own_functions.text_with(entry, function)
        theirs = own_functions.run(text)
    except (own_functions.NotAlone, UserError) as error:
        return f"Not saved: {error}."
    alone = judge(entry, theirs[entry.name], entry.own_forward(theirs))
    if alone.kind != "right":
        why = alone.message.splitlines()[0] if alone.message else alone.kind
        return f"Not saved to {own_functions.FILE}: alone there, {why}."
    own_functions.write(text)
    return f"Saved to {own_functions.FILE}."


def hint(id):
    """Print the next step of the derivation; when there are no more, where the answer stands."""
    entry = get_exercise(id)
    number = _asked.get(id, 0)
    _asked[id] = number + 1
    if number < len(entry.hints):
        more = "ask again for more" if number + 1 < len(entry.hints) else "ask again for the file"
        print(f"{entry.hints[number]}\n({more})")
        return
    path = inspect.getsourcefile(entry.answer)
    print(f"The answer is {entry.answer.__name__} in {path}.")
