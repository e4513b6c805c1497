"""Training of any model of `minidraw.models`, and the folder that keeps a run."""
