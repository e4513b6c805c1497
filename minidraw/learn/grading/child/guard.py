"""`install` limits what a submission may touch, by an audit hook, which can't be removed.

It stops what a student might write, knowingly or not.  It is no sandbox against an attacker who
knows the interpreter: for strangers' files, run the whole grading in a container.
"""

import os
import sys
from pathlib import PurePath

DENIED = {
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.kill",
    "os.killpg",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "pty.spawn",
    "signal.pthread_kill",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.sendto",
    "subprocess.Popen",
    "sys.setprofile",
    "sys.settrace",
}
CHANGES = {  # to the positions of the paths that it changes
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.link": (0, 1),
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.symlink": (0, 1),
    "os.truncate": (0,),
    "os.utime": (0,),
    "sqlite3.connect": (0,),
}
LISTINGS = {"os.listdir", "os.scandir"}
WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def install(home, hidden, trusted):
    """Allow writing in one folder only, and hide other folders.

    Parameters
    ----------
    home : str
        The folder in which the submission may write.
    hidden : list of str
        Folders and files that it may not read: the package with the answers, and all submissions.
    trusted : dict
        Globals of the module that may set a profile function.
    """
    home, hidden, nowhere = _resolve(home), set(map(_resolve, hidden)), _resolve(os.devnull)

    def check(event, arguments):
        if event == "open":
            path, mode, flags = arguments
            writes = flags & WRITE_FLAGS or (mode and set("wax+") & set(mode))
            check_path(path, writes)
        elif event in CHANGES:
            for k in CHANGES[event]:
                check_path(arguments[k], True)
        elif event in LISTINGS:
            check_path(arguments[0], False)
        elif event in DENIED and sys._getframe(1).f_globals is not trusted:
            raise PermissionError(f"{event} isn't allowed while grading")

    def check_path(path, writes):
        if path is None or isinstance(path, int):
            return
        path = _resolve(path)
        around = {path, *map(str, PurePath(path).parents)}
        if writes and path != nowhere and home not in around:
            raise PermissionError("a submission can't write outside its own folder")
        if not hidden.isdisjoint(around):
            raise PermissionError("a submission can't read this while it is graded")

    sys.addaudithook(check)


def _resolve(path):
    return os.path.normcase(os.path.realpath(os.fsdecode(path)))
