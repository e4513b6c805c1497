"""Worker processes that share a batch.

The heavy calls release Python's lock, but a step also makes some 3,000 light ones.  Two threads
that pass the lock back and forth for those took 1.27 times as long as two processes.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import warnings
import weakref

from minidraw.errors import UserError

FORKS = sys.platform == "linux"  # elsewhere a forked process is unsafe or impossible


class ProcessTeam:
    """A function that is called once per member, each in a process of its own.

    The first call runs in this process, so that kernels are compiled and loaded once.  The second
    call forks the other processes, copies of this one at that moment.  Of later changes they see
    only their argument and shared arrays (`allocate_flat`).

    Parameters
    ----------
    function : callable
        Called as ``function(argument, member)``; its result must be picklable.
    size : int
        Number of members; member 0 is this process.
    workers : Workers
        Threads that do the work if processes can't be forked.
    """

    def __init__(self, function, size, workers):
        self.function, self.size, self.workers = function, size, workers
        self._called = False
        self._pipes = []
        self._stop = lambda: None

    def __call__(self, argument):
        """Return ``[function(argument, member) for member in range(size)]``."""
        if not self._called:
            self._called = True
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
            raise UserError("a training process was killed (memory full?): lower --batch") from None
        except BaseException:  # an answer may still be on its way
            self.close()
            raise
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers

    def _fork(self):
        context = multiprocessing.get_context("fork")
        processes = []
        for member in range(1, self.size):
            pipe, end = context.Pipe()
            arguments = end, os.getpid(), self.function, member
            process = context.Process(target=_serve, args=arguments, daemon=True)
            with warnings.catch_warnings():  # Python 3.12 warns of threads; forks use none
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            end.close()
            self._pipes.append(pipe)
            processes.append(process)
        self._stop = weakref.finalize(self, _stop_processes, self._pipes, processes)

    def close(self):
        """Stop the processes; the next call starts new ones."""
        self._stop()
        self._pipes = []


def _stop_processes(pipes, processes):
    for pipe in pipes:
        pipe.close()
    for process in processes:
        process.terminate()
        process.join()


def _serve(pipe, parent, function, member):
    """Answer calls until this process is terminated."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process handles Ctrl-C
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    PR_SET_PDEATHSIG = 1  # end with the parent, even if it is killed
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    while os.getppid() == parent:
        argument = pipe.recv()
        try:
            answer = function(argument, member)
        except Exception as error:
            answer = error
        pipe.send(answer)
