"""`lock_run` and `lock_new_run`: one process at a time reads and writes a run's folder."""

from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from minidraw.errors import UserError

LOCK_NAME = ".lock"  # stays in the folder: a lock on a file that is replaced protects nothing
MAX_RUNS = 10_000  # with the same name


@contextmanager
def lock_run(folder, *, create=False):
    """Lock a run's folder until the block ends, or until this process is killed.

    The thread that holds the lock may lock the folder again.  Folders that were created here and
    are still empty at the end are removed.

    Parameters
    ----------
    folder : path
    create : bool
        Create the folder if it is missing.

    Raises
    ------
    UserError
        If the folder is missing or can't be written, or if another process or thread holds it.
    """
    folder = Path(folder)
    if not create:  # else the lock would be left in a folder that is no run
        _check_settings(folder)
    with _hold(folder, new=_create(folder) if create else []):
        yield folder


@contextmanager
def lock_new_run(folder):
    """Create and lock a new folder for a run; append a number if the name is taken."""
    folder = Path(folder)
    numbered = (folder.with_name(f"{folder.name}-{k}") for k in range(2, MAX_RUNS))
    for path in (folder, *numbered):
        if new := _create(path):
            with _hold(path, new):
                yield path
            return
    raise UserError(f"{folder.parent} holds {MAX_RUNS} runs of this name: choose one with --run")


def _check_settings(folder):
    try:
        (folder / "config.json").stat()
    except OSError as error:
        reason = f"config.json: {error.strerror}"
        raise UserError(f"{folder} isn't a run folder: {reason}") from error


def _create(folder):
    """Create a folder; return it and its new parents, or nothing if it exists.

    If several processes try it at once, only one gets the folder.
    """
    try:
        new = [folder, *(path for path in folder.parents if not path.exists())]
        folder.mkdir(parents=True)
    except OSError as error:
        if folder.is_dir():
            return []
        raise UserError(f"can't create the run folder {folder}: {error.strerror}") from error
    return new


@contextmanager
def _hold(folder, new):
    lock = FileLock(folder / LOCK_NAME, timeout=0, is_singleton=True)
    try:
        lock.acquire()
    except Timeout:
        raise UserError(f"{folder}: another process is training it") from None
    except OSError as error:
        raise UserError(f"can't lock the run folder {folder}: {error.strerror}") from error
    try:
        yield
    finally:
        if new and [path.name for path in folder.iterdir()] == [LOCK_NAME]:
            with suppress(OSError):  # Windows doesn't delete a locked file
                (folder / LOCK_NAME).unlink()
                for path in new:
                    path.rmdir()
        lock.release()
