"""Profile of a training step: the time spent in each function."""

import time
from collections import defaultdict

TIMED_STEPS, WARM_UP_STEPS = 20, 3
GROUPS = {  # bar of the chart: functions of `ops`
    "products, forward": ("linear", "prepare"),
    "products, backward": ("linear_backward_input",),
    "products, weights": ("linear_backward_weights",),
    "LSTM gates": ("lstm_gates", "lstm_gates_backward"),
    "read": ("read_attention", "read_attention_backward"),
    "write": ("write_attention", "write_attention_backward"),
    "latent and cost": (
        *("latent", "latent_backward"),
        *("bernoulli_cost", "bernoulli_cost_backward"),
    ),
    "Adam": ("adam_update",),
}


class TimedOps:
    """The functions of `ops`, and the seconds spent in each."""

    def __init__(self, ops):
        self.seconds, self._ops = defaultdict(float), ops

    def __getattr__(self, name):
        if name.startswith("run_"):  # all steps in one call can't be divided
            raise AttributeError(name)
        function = getattr(self._ops, name)

        def timed(*inputs, **settings):
            began = time.perf_counter()
            result = function(*inputs, **settings)
            self.seconds[name] += time.perf_counter() - began
            return result

        setattr(self, name, timed)
        return timed


def measure(path):
    """Return a table of the time spent in each group, and plot it in a PNG file.

    Times one shard of the batch, kernel by kernel, instead of all steps in one compiled call.
    """
    from minidraw import kernels
    from minidraw.bench.contenders import BATCH, CORES, make_trainer
    from minidraw.training.workers import Workers

    ops, batch = TimedOps(kernels), BATCH // CORES
    with Workers(1) as workers:
        trainer = make_trainer("paper", workers, ops, batch=batch)
        for _ in range(WARM_UP_STEPS):
            trainer.step()
        ops.seconds.clear()
        whole = sum(trainer.step()["seconds"] for _ in range(TIMED_STEPS)) / TIMED_STEPS
    parts = {
        group: sum(ops.seconds[name] for name in names) / TIMED_STEPS
        for group, names in GROUPS.items()
    }
    parts["the rest: noise, sums, Python"] = whole - sum(parts.values())
    title = f"a training step of the paper's network, {batch} images in one thread"
    _draw_chart(path, parts, f"{title}: {1e3 * whole:.0f} ms")
    rows = [f"{name:32}{1e3 * t:6.1f} ms{t / whole:6.0%}" for name, t in parts.items()]
    return "\n".join([title, *rows, str(path)])


def _draw_chart(path, parts, title):
    from matplotlib.figure import Figure

    from minidraw.pictures import curves

    names, times = list(parts), [1e3 * seconds for seconds in parts.values()]
    figure = Figure(figsize=(9, 4), dpi=100, layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(names, times, color="0.35")
    axes.bar_label(bars, fmt=" %.0f")
    axes.invert_yaxis()
    axes.set_xlabel("time (ms)")
    figure.suptitle(title)
    axes.spines[["top", "right"]].set_visible(False)
    curves.save_figure(path, figure)
