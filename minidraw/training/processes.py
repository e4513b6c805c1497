"""Processes that share the work on a batch.

Threads would do, since the heavy calls release Python's lock; but between them a step makes some
3,000 light ones, and two threads that hand the lock to and fro took 1.27 times as long.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import warnings
import weakref

from minidraw.errors import UserError

FORKS = sys.platform == "linux"  # elsewhere a forked process isn't safe, or there is none


class Team:
    """Call a function once per member, each in a process of its own.

    The first call runs here, member by member, so that what it compiles and loads the processes
    find done. They are copies of this process as it is at the second call: of what changes
    later they see their argument and what lies in shared arrays (`flat`).

    Parameters
    ----------
    function : callable
        Called as ``function(argument, member)``; what it returns must be picklable.
    size : int
        Number of members. Member 0 is this process.
    workers : Workers
        Its threads take the members' places where processes can't be forked.
    """

    def __init__(self, function, size, workers):
        self.function, self.size, self.workers = function, size, workers
        self._warm, self._pipes, self._dismiss = False, [], lambda: None

    def __call__(self, argument):
        """``[function(argument, member) for member in range(size)]``, all at the same time."""
        if not self._warm:
            self._warm = True
            return [self.function(argument, member) for member in range(self.size)]
        if not FORKS:
            return self.workers.map(lambda k: self.function(argument, k), range(self.size))
        if not self._pipes:
            self._fork()
        try:
            for pipe in self._pipes:
                pipe.send(argument)
            answers = [self.function(argument, 0), *(pipe.recv() for pipe in self._pipes)]
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self.close()
            raise UserError("a training process was killed, perhaps for want of memory") from None
        except BaseException:  # an answer may still be on its way
            self.close()
            raise
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers

    def _fork(self):
        context, processes = multiprocessing.get_context("fork"), []
        for member in range(1, self.size):
            pipe, end = context.Pipe()
            arguments = end, os.getpid(), self.function, member
            process = context.Process(target=_serve, args=arguments, daemon=True)
            with warnings.catch_warnings():  # Python 3.12: of threads, which the copies don't use
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            end.close()
            self._pipes.append(pipe)
            processes.append(process)
        self._dismiss = weakref.finalize(self, _dismiss, self._pipes, processes)

    def close(self):
        """Let the processes go; the next call starts new ones."""
        self._dismiss()
        self._pipes = []


def _dismiss(pipes, processes):
    for pipe in pipes:
        pipe.close()
    for process in processes:
        process.terminate()
        process.join()


def _serve(pipe, parent, function, member):
    """What a process does until it is terminated."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's affair
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    die_with_parent = 1  # PR_SET_PDEATHSIG: even where that one is killed, and with its lock
    ctypes.CDLL(None).prctl(die_with_parent, signal.SIGKILL)
    while os.getppid() == parent:
        argument = pipe.recv()
        try:
            answer = function(argument, member)
        except Exception as error:
            answer = error
        pipe.send(answer)
