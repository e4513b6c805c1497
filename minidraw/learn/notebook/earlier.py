"""`use_earlier`, which gives a lesson the functions that the learner wrote in earlier ones."""

from minidraw.errors import UserError
from minidraw.learn import own_functions
from minidraw.learn.exercises import all_exercises
from minidraw.learn.exercises.exercise import rebind
from minidraw.learn.exercises.step_of_draw import layer
from minidraw.learn.own_layers import PAIRS, SINGLES, compose_layers, find_usable

PROGRAM = (  # besides the layers of `PAIRS` and `SINGLES`
    ("06.sandwich_backward",),
    ("08.lstm", "08.lstm_backward"),
    ("11.read_attention_backward",),
    ("11.write_attention_backward",),
    ("11.step", "11.step_backward"),
    ("12.stacked_backward",),
    ("12.draw_forward", "12.draw_backward"),
    ("13.clipped",),
    ("13.generate",),
)
GROUPS = *PAIRS.values(), *((id,) for id in SINGLES.values()), *PROGRAM


def use_earlier(lesson):
    """Return the layers for a lesson, the learner's where they are right, and say which.

    Parameters
    ----------
    lesson : str
        The lesson's number, such as ``"08"``.  Functions of earlier lessons are used.

    Returns
    -------
    SimpleNamespace
        The functions of `minidraw.layers`, and those of `PROGRAM` from earlier lessons.  What the
        learner hasn't written is minidraw's, and calls the learner's functions.
    """
    try:
        theirs = own_functions.load_functions()
    except UserError as error:
        theirs = {}
        print(f"{error}. This lesson goes on with minidraw's functions.")
    earlier = {e.name for id, e in all_exercises().items() if id < lesson}
    theirs = {name: function for name, function in theirs.items() if name in earlier}
    groups = [ids for ids in GROUPS if ids[0] < lesson]
    own, unused = find_usable(groups, theirs)
    names = {all_exercises()[id].name for ids in groups for id in ids} & earlier
    layers = compose_layers({name: theirs[name] for name in own})
    layers.layer = call_layers(layer, layers)
    for entry in (all_exercises()[id] for ids in PROGRAM for id in ids if id < lesson):
        function = theirs[entry.name] if entry.name in own else entry.answer
        vars(layers)[entry.name] = call_layers(function, layers)
    listed = f" ({', '.join(own)})" if own else ""
    print(f"Here: {len(own)} functions yours{listed}, {len(names) - len(own)} minidraw's.")
    for name, why in unused.items():
        print(f"{name}: not used, {why}")
    return layers


def call_layers(function, layers):
    """Return a version of a function that calls those of `layers` where it called minidraw's."""
    code, names = function.__code__, function.__globals__
    own = {
        name: getattr(layers, name)
        for name in code.co_names
        if hasattr(layers, name)
        and (getattr(names.get(name), "__module__", "") or "").startswith("minidraw.")
    }
    if all(names.get(name) is found for name, found in own.items()):
        return function
    return rebind(function, own)
