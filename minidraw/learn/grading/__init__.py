"""Grade what students hand in: `grade` judges a file, `marks.grade_folder` a whole course.

Each submission runs in a process of its own (`process`), without minidraw (`child`).  That process
returns arrays; the expected answers and the verdicts stay in this one (`judging`).
"""

from pathlib import Path

from minidraw.errors import UserError

SECONDS_PER_FUNCTION = 20


def grade(path, seconds=SECONDS_PER_FUNCTION, seed=0):
    """Judge all exercises of the lessons and all open exercises (``lessons/OPEN.md``).

    Parameters
    ----------
    path : path
        A learner's ``mine.py``, a notebook, or a folder with a student's files.
    seconds : float
        Time limit for each function, and for running the file.
    seed : int
        Of the test arrays and of the variants of the open exercises; 0 for the lessons' own.

    Returns
    -------
    dict
        Id of an exercise to ``{"verdict": .., "message": ..}``.  Verdicts: ``right``, ``wrong``,
        ``raised``, ``unwritten``, ``missing``, ``borrowed`` (it calls minidraw),
        ``differences`` (a backward that takes finite differences), ``unjudged`` (an open backward
        without a right forward), ``timeout`` and ``memory``.

    Raises
    ------
    UserError
        If the file can't be read, or defines no function before it fails.
    """
    # Imported here, because the checks import `child` and are imported by these two.
    from minidraw.learn.grading.judging import judge_submission
    from minidraw.learn.grading.submissions import read_submission

    judged = judge_submission(read_submission(Path(path)), seconds, seed)
    if judged.notes and not judged.has_functions:
        raise UserError(f"{path} doesn't run: {judged.notes[0]}")
    return judged.results
