"""Messages to the learner: the cause, the largest error, and the shapes of the inputs."""

import inspect
import linecache
import re
import traceback

import numpy as np

from minidraw.learn.checking.comparisons import is_close, join_words
from minidraw.learn.exercises.exercise import as_tuple, list_arrays

NOTHING = "it returns nothing"
UNKNOWN = "I don't recognise this mistake"


def describe_wrong(exercise, cases, found, wanted, causes, right, tolerance):
    """List each wrong output with its cause, the right ones, and the first one's largest error."""
    by_cause = {}
    for name, cause in causes.items():
        by_cause.setdefault(cause or UNKNOWN, []).append(name)
    lines = [f"{join_words(outputs)}: {cause}." for cause, outputs in by_cause.items()]
    if right:
        lines.append(f"{join_words(right)} {'is' if len(right) == 1 else 'are'} right already.")
    if exercise.returns_dict and len(by_cause) == 1 and len(causes) == len(exercise.output_names):
        lines = [f"all {len(causes)} gradients: {next(iter(by_cause))}."]
    name = next(iter(causes))
    i = 0 if name in exercise.blocks else exercise.output_names.index(name)
    name = exercise.output_names[i]
    pairs = zip(cases, found, wanted, strict=True)
    case, y, t = next(
        (case, np.asarray(y[i]), np.asarray(t[i]))
        for case, y, t in pairs
        if not is_close(y[i], t[i], tolerance)
    )
    if y.shape != t.shape:
        lines.append(f"{name} has shape {y.shape}; it should have shape {t.shape}.")
        return "\n".join(lines + [format_shapes(_collect_inputs(exercise, case))])
    with np.errstate(all="ignore"):
        difference = np.nan_to_num(np.abs(y - t), nan=np.inf, posinf=np.inf)
    place = np.unravel_index(difference.argmax(), t.shape)
    at = f"[{', '.join(map(str, place))}]" if place else ""
    truth, says = t[place], "it should be"
    if exercise.forward is not None and i < len(list_arrays(case.inputs)):
        truth = case.finite_difference(exercise, i, place)
        says = "the finite difference gives"
    theirs, ours = (f"{number:.6g}" for number in (y[place], truth))
    if theirs == ours:
        theirs, ours = f"{y[place]:.12g}", f"{truth:.12g}"
    lines.append(f"Largest error: {name}{at} is {theirs}; {says} {ours}.")
    lines.append(f"{name} has the right shape, {t.shape}.")
    return "\n".join(lines + [format_shapes(_collect_inputs(exercise, case))])


def _collect_inputs(exercise, case):
    if exercise.forward is None:
        return case.inputs | case.settings
    called = inspect.signature(exercise.answer).parameters if exercise.answer else ["dout"]
    arriving = next(iter(called))
    arrays = {name: value for name, value in case.settings.items() if np.ndim(value)}
    return {arriving: case.dout} | case.inputs | arrays


def format_shapes(named, title="Inputs"):
    """Write a line such as ``Inputs: dF (3, 5, 7), K = 5.``"""
    parts = []
    for name, value in named.items():
        if isinstance(value, int | float):
            parts.append(f"{name} = {value}")
        elif text := _format_shape(value):
            parts.append(f"{name} {text}")
    return f"{title}: {', '.join(parts)}."


def _format_shape(value):
    if isinstance(value, np.ndarray):
        return str(value.shape)
    if hasattr(value, "_asdict"):
        fields = {name: _format_shape(part) for name, part in value._asdict().items()}
        return f"with {', '.join(f'{name} {text}' for name, text in fields.items() if text)}"
    if isinstance(value, dict):
        return f"of {len(value)} arrays"
    if isinstance(value, tuple | list):
        parts = list(filter(None, map(_format_shape, value)))
        same = len(parts) > 2 and len(set(parts)) == 1
        if any(part.startswith(("with", "of")) for part in parts):
            return f"of {len(parts)} parts"
        return f"of {len(parts)}, each {parts[0]}" if same else f"of {', '.join(parts)}"
    return ""


def bind_parameters(function, arguments, settings):
    """Return the arguments of a call under the function's own parameter names."""
    try:
        return dict(inspect.signature(function).bind(*arguments, **settings).arguments)
    except (TypeError, ValueError):
        return {f"argument {k + 1}": value for k, value in enumerate(arguments)} | settings


def describe_error(function, error, named):
    """Show the exception, the learner's own line, the arrays on it, and the inputs' shapes."""
    if lines := getattr(error, "lines", None):  # from another process, which has looked for them
        return "\n".join([*lines, format_shapes(named)])
    home = inspect.unwrap(function).__code__.co_filename
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == home
    ]
    lines = [f"it stopped with {type(error).__name__}: {error}"]
    if frames:
        frame, number = frames[-1]
        text = linecache.getline(home, number).strip()
        lines.append(f"on this line of your code:  {text}")
        words = re.findall(r"\w+", text)
        seen = {w: frame.f_locals[w] for w in words if w in frame.f_locals and w not in named}
        seen = {name: value for name, value in seen.items() if isinstance(value, np.ndarray)}
        if seen:
            lines.append(format_shapes(seen, "On that line"))
    return "\n".join([*lines, format_shapes(named)])


def describe_misfit(exercise, value):
    """Return what is wrong with the type or length of a returned value, or None."""
    if exercise.in_place:
        return None
    names = exercise.output_names
    wanted, pair = ", ".join(names), ""
    if value is None:
        return f"{NOTHING}; it should return {wanted}"
    if exercise.returns_cache:
        wanted = f"{f'({wanted})' if len(names) > 1 else wanted}, cache"
        if not isinstance(value, tuple | list) or len(value) != 2:
            return f"it returns {_describe_type(value)}; it should return {wanted}"
        value, pair = value[0], " before the cache"
    if exercise.returns_dict:
        return _describe_dict_misfit(names, value)
    if isinstance(value, dict):
        return f"it returns a dict{pair}; it should return {wanted}"
    if len(names) == 1 and not exercise.returns_cache:
        wanted += ", an array"
    if len(as_tuple(value)) != len(names) or (len(names) == 1 and isinstance(value, tuple | list)):
        return f"it returns {_describe_type(value)}{pair}; it should return {wanted}"
    for name, part in zip(names, as_tuple(value), strict=True):
        if misfit := _describe_part(name, part):
            return misfit
    return None


def _describe_part(name, part):
    if not isinstance(part, np.ndarray | np.generic | float | int):
        return f"{name} is {_describe_type(part)}; it should be an array"
    if (dtype := np.asarray(part).dtype).kind not in "fiub":
        return f"{name} has dtype {dtype}; it should hold real numbers"
    return None


def _describe_dict_misfit(names, value):
    """Return which gradients a dict lacks or has too many, or None."""
    if not isinstance(value, dict):
        return f"it returns {_describe_type(value)}; it should return a dict of gradients by name"
    if missing := [name for name in names if name not in value]:
        return f"the dict lacks the gradient of {join_words(missing)}"
    if extra := [str(name) for name in value if name not in names]:
        return f"the dict has {join_words(extra)}, which no weight is called"
    return next(filter(None, (_describe_part(name, value[name]) for name in names)), None)


def _describe_type(value):
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of length {len(value)}"
    return f"a single {getattr(value, 'type_name', type(value).__name__)}"
