"""numpy's rolling z-score over series of 1 440 points, a window of 60; prints series, CPU seconds.

usage: anomaly_peer.py SERIES MODE   (MODE: block, all windows of a series at once, or row, one value after the other)
"""
import resource
import sys

import numpy as np

count, mode = int(sys.argv[1]), sys.argv[2]
points, window = 1440, 60
rng = np.random.default_rng(7)
series = [np.sin(np.arange(points) / 229) * 10 + rng.normal(0, 1, points) for _ in range(count)]


def block(values):
    past = np.lib.stride_tricks.sliding_window_view(values, window)[:-1]
    scores = np.zeros(points)
    scores[window:] = (values[window:] - past.mean(axis=1)) / (past.std(axis=1) + 1e-9)
    return scores


def row(values):
    scores = np.zeros(points)
    for at in range(window, points):
        past = values[at - window : at]
        scores[at] = (values[at] - past.mean()) / (past.std() + 1e-9)
    return scores


score = block if mode == "block" else row
before = resource.getrusage(resource.RUSAGE_SELF)
notable = sum(int((np.abs(score(values)) > 3).sum()) for values in series)
after = resource.getrusage(resource.RUSAGE_SELF)
print(count, f"{after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.4f}", notable)
