"""Programs that run in a submission's process, without minidraw: `worker` is the main one.

The process starts ``worker.py`` as a script, so its modules import each other by their bare names.
"""
