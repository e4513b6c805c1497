"""`Ranks`: the processes that train one network together, connected by MPI.

Each rank computes its part of every batch, all add up the same gradient, and each makes the same
update.  Only the first rank writes and prints.  `minidraw.training.launch` finds the ranks.
"""

import numpy as np

from minidraw.errors import UserError


class NoMpi:
    """The communicator of a process that runs alone."""

    rank, size = 0, 1

    def allgather(self, value):
        return [value]

    def bcast(self, value):
        return value

    def Bcast(self, array):
        pass


class Ranks:
    """All ranks of a run, as seen from one of them.

    Parameters
    ----------
    comm, machine : communicator, optional
        Of mpi4py: one that connects all ranks, and one for those on this machine.

    Attributes
    ----------
    rank, size, machines : int
        Number of this rank, counted from 0; number of ranks, and of machines they run on.
    """

    def __init__(self, comm=None, machine=None):
        self._comm, self._machine = comm or NoMpi(), machine or NoMpi()
        self.rank, self.size = self._comm.rank, self._comm.size
        self.machines = self.gather(self._machine.rank).count(0)

    def gather(self, value):
        """Return the values of all ranks, in their order."""
        return self._comm.allgather(value)

    def gather_on_machine(self, value):
        """Return the values of the ranks on this machine."""
        return self._machine.allgather(value)

    def broadcast(self, value):
        """Return the first rank's value."""
        return self._comm.bcast(value)

    def broadcast_array(self, array):
        """Overwrite the array with the first rank's."""
        self._comm.Bcast(array)

    def add(self, vector):
        """Replace a vector by the sum over ranks, added in their order.

        MPI's own sum has no fixed order.  Here each rank adds one slice, so that twice the vector
        passes through a rank's network, however many ranks there are.
        """
        if self.size == 1:
            return
        length = -(-len(vector) // self.size)
        padded = np.zeros(self.size * length, vector.dtype)
        padded[: len(vector)] = vector
        slices = np.empty((self.size, length), vector.dtype)
        self._comm.Alltoall(padded, slices)
        total = slices[0]
        for other in slices[1:]:
            total += other
        self._comm.Allgather(total, padded)
        vector[...] = padded[: len(vector)]

    def chain(self, items):
        """Return the lists of all ranks as one."""
        return [item for part in self.gather(items) for item in part]

    def part(self, count):
        """Return the pair (start, stop) of this rank's part of `count` things."""
        start, stop = (round(count * k / self.size) for k in (self.rank, self.rank + 1))
        return start, stop

    def on_first(self, function):
        """Call a function on the first rank; return its result there, and None elsewhere.

        A `UserError` or `OSError` is raised on every rank.
        """
        result = error = None
        if self.rank == 0:
            try:
                result = function()
            except (UserError, OSError) as raised:
                error = raised
        if error := self.broadcast(error):
            raise error
        return result
