"""junitparser or lxml over a JUnit report: name, class, time and verdict of each test; prints megabytes, CPU seconds, tests, failures.

usage: report_peer.py FILE PEER   (PEER: junitparser or lxml)
"""
import os
import resource
import sys

import junitparser
from lxml import etree

path, name = sys.argv[1], sys.argv[2]
kept = []  # what is read is freed after the measure, as ours is


def with_junitparser():
    report = junitparser.JUnitXml.fromfile(path)
    kept.append(report)
    for suite in report:
        for case in suite:
            yield case.name, case.classname, case.time, [(verdict.type, verdict.message, verdict.text) for verdict in case.result]


def with_lxml():
    tree = etree.parse(path)
    kept.append(tree)
    for case in tree.iter("testcase"):
        verdicts = [(child.get("type"), child.get("message"), child.text) for child in case if child.tag in ("failure", "error", "skipped")]
        yield case.get("name"), case.get("classname"), float(case.get("time", 0)), verdicts


before = resource.getrusage(resource.RUSAGE_SELF)
tests = failures = 0
for _, _, _, verdicts in with_junitparser() if name == "junitparser" else with_lxml():
    tests += 1
    failures += 1 if verdicts else 0
after = resource.getrusage(resource.RUSAGE_SELF)
print(os.path.getsize(path) / 1e6, f"{after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.4f}", tests, failures)
