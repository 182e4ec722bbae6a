"""BARO (PyPI `fse-baro`) over one case of metrics; prints cases, CPU seconds of the ranking given the time of the fault, CPU seconds
with its own change point detection before it, and the rank of METRIC.

usage: rank_peer.py FILE.csv START METRIC TIMES   (FILE: `time` in seconds and a column `<service>_<metric>` for each metric)
"""
import resource
import sys
import warnings

warnings.filterwarnings("ignore")
import pandas as pd
from baro.anomaly_detection import bocpd
from baro.root_cause_analysis import robust_scorer

path, start, metric, times = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
data = pd.read_csv(path)


def cpu(work, count):
    before = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(count):
        result = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return result, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / count


robust_scorer(data, inject_time=start)  # what is loaded on first use
ranked, given = cpu(lambda: robust_scorer(data, inject_time=start), times)
_, detected = cpu(lambda: robust_scorer(data, anomalies=bocpd(data)), 1)
print(1, f"{given:.6f} {detected:.4f}", ranked["ranks"].index(metric) + 1)
