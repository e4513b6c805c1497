"""A run of minutes keeps its minutes under load, and its schedule can be repeated."""

import json

import numpy as np
import pytest

from minidraw.errors import UserError
from minidraw.training import loop, pace, setup
from minidraw.training.recipe import LARGEST_VALUE, Recipe
from minidraw.training.run import Run
from minidraw.training.trainer import Trainer


class Clock:
    """A clock that advances only in training steps, by `seconds(step)`."""

    def __init__(self, monkeypatch, seconds):
        self.now = 0.0
        monkeypatch.setattr(pace.time, "monotonic", lambda: self.now)
        real = Trainer.step

        def step(trainer):
            self.now += seconds(trainer.step_count)
            return real(trainer)

        monkeypatch.setattr(Trainer, "step", step)


def fit(trainer, minutes, **recipe):
    made = trainer(steps=None, minutes=minutes, **recipe)
    loop.fit(made, quiet=True)
    return made


@pytest.mark.parametrize("slower", [1, 3, 10, 0.3])
def test_minutes_are_kept_when_the_machine_becomes_busy(trainer, monkeypatch, slower):
    clock = Clock(monkeypatch, lambda step: 0.5 if step < 40 else 0.5 * slower)
    made = fit(trainer, minutes=1)
    assert 57 <= clock.now - 0.5 <= 60 + 0.5 * slower, clock.now
    assert made.step_count == made.steps
    rates = [made.recipe.learning_rate_at(step, made.steps) for step in range(made.steps)]
    assert rates[-1] < 1.1 * made.recipe.final_rate  # the schedule came to its end


def test_glimpses_that_grow_are_part_of_the_plan(trainer, monkeypatch):
    Clock(monkeypatch, lambda step: 0.5)
    made = trainer(steps=None, minutes=1, grow="1:0.5")
    clock = Clock(monkeypatch, lambda step: 0.2 * made._config_at(step).glimpses)
    loop.fit(made, quiet=True)
    assert 50 <= clock.now <= 61


def test_extend_inverts_the_cost_of_growing_runs():
    recipe = Recipe(minutes=1, grow="16:0.4,32:0.6")
    for length in (100, 1000, 12345):
        cost = 0.4 * 16 + 0.2 * 32 + 0.4 * 64
        assert abs(recipe.extend(0, LARGEST_VALUE, length * cost / 16, 64) - length) <= 1
    assert Recipe(minutes=1).extend(7, 20, 5.5, 64) == 12
    assert Recipe(minutes=1).extend(7, 20, -3, 64) == 7


def test_a_recorded_schedule_repeats_the_run_to_the_bit(trainer, monkeypatch, state):
    rows = []
    real = Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda made: rows.append(real(made)) or rows[-1])
    Clock(monkeypatch, lambda step: 0.7 if step % 3 else 2.0)
    made = fit(trainer, minutes=0.5)
    monkeypatch.undo()
    again = trainer(steps=None, minutes=0.5)
    for row in rows:
        again.steps = row["steps"]
        again.step()
    for name, expected in state(made).items():
        assert name == "averaged" or (state(again)[name] == expected).all()


def test_a_resumed_run_keeps_its_plan_and_its_time(tmp_path, trainer, monkeypatch, images):
    from minidraw.presets import Preset

    np.savez(tmp_path / "pictures.npz", images=images)
    sizes = {"glimpses": 2, "hidden": 8, "latent": 3, "read_size": 2, "write_size": 3}
    preset = Preset("tiny", "", sizes, Recipe(minutes=1, batch=20))
    workers = trainer().workers
    source = {"name_or_path": str(tmp_path / "pictures.npz")}
    clock = Clock(monkeypatch, lambda step: 1.0)

    def stop(made, run):
        raise KeyboardInterrupt

    made, run = setup.start_run(preset, tmp_path / "run", workers, name="tiny", source=source)
    assert json.loads((tmp_path / "run/config.json").read_text())["steps"] is None
    with monkeypatch.context() as patched:
        patched.setattr(Run, "draw_pictures", lambda run, trainer: None)
        real = made.step
        made.step = lambda: stop(made, run) if made.step_count == 20 else real()
        with pytest.raises(KeyboardInterrupt):
            loop.fit(made, run)
        resumed, run = setup.resume_run(tmp_path / "run", workers)
        assert 0 < resumed.step_count <= 20 and resumed.steps < 70
        assert resumed.elapsed == pytest.approx(resumed.step_count - 1)
        clock.now = 0.0
        before = resumed.elapsed
        loop.fit(resumed, run)
    assert before + clock.now == pytest.approx(60, abs=3)
    assert setup.resume_run(tmp_path / "run", workers)[0].step_count == resumed.steps
    for key, value in (("steps", None), ("steps", -1), ("elapsed", "1"), ("elapsed", float("nan"))):
        setattr(resumed, key, value)
        run.save(resumed)
        with pytest.raises(UserError, match=key):
            setup.resume_run(tmp_path / "run", workers)
        resumed.steps, resumed.elapsed = resumed.step_count, 60.0
