"""Buildbot with a build that passes and one that fails."""
import json
import os
import pathlib
import subprocess
import time
import urllib.request

from rig import PROGRAMS, caseboard, fact, folder, free_port, started, workspace


def check_buildbot():
    """One builder whose test passes at the first change and fails at the second."""
    http, worker = free_port(), free_port()
    url = f"http://127.0.0.1:{http}"
    environment = dict(os.environ, HTTP_PORT=str(http), WORKER_PORT=str(worker))
    subprocess.run([PROGRAMS / "buildbot", "create-master", "--quiet", "master"], cwd=folder, check=True, env=environment)
    subprocess.run([PROGRAMS / "buildbot-worker", "create-worker", "--quiet", "worker", f"127.0.0.1:{worker}", "worker", "password"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    configuration = pathlib.Path(__file__).with_name("buildbot_master.cfg").read_text()
    (folder / "master/master.cfg").write_text(configuration)
    started("buildbot", [PROGRAMS / "buildbot", "start", "--nodaemon", "master"], f"{url}/api/v2/builders", environment)
    started("buildbot-worker", [PROGRAMS / "buildbot-worker", "start", "--nodaemon", "worker"], f"{url}/api/v2/workers")

    def builds():
        return json.loads(urllib.request.urlopen(f"{url}/api/v2/builds?complete=true", timeout=10).read())["builds"]

    good, bad = "77e0b2c1d4e5f60718293a4b5c6d7e8f90a1b2c3", "9f3c1ae1d4e5f60718293a4b5c6d7e8f90a1b2c4"
    for number, (revision, who, words) in enumerate([(good, "Ann", "Round totals"), (bad, "Bob", "Add discounts")], 1):
        subprocess.run([PROGRAMS / "buildbot", "sendchange", "-m", f"127.0.0.1:{worker}", "-a", "change:password", "-W",
                        f"{who} <{who.lower()}@example.org>", "-r", revision, "-b", "main", "-c", words, "shop/cart.py"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for _ in range(300):
            if len(builds()) == number:
                break
            time.sleep(0.1)
    place = workspace("build-board", [{"name": "buildbot", "kind": "buildbot", "url": url, "allow_loopback": "true",
                                       "services": {"checkout": "checkout"}}])
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    found = {source["name"]: source["findings"] for source in caseboard(place, "check", now=now, expect=1)["sources"]}
    fact(found["buildbot"][1:] == ["1 builder", "2 builds completed in the last day"], "`check` says how many builders and builds there are")
    run = caseboard(place, "run", now=now)
    fact(run["read"]["events"] == 2 and run["read"]["tests"] == 4, "two builds and the tests in their logs are read")
    events = {event["title"]: event for event in caseboard(place, "query", "events", now=now)["events"]}
    passed, failed = events["checkout #1 passed on main"], events["checkout #2 failed on main: test"]
    log = failed["attributes"]["exemplar"]
    fact(passed["commit"] == good and failed["commit"] == bad, "each with its commit")
    fact(failed["type"] == "build_failure" and failed["service"] == "checkout", "the second is a failure of the service")
    fact("AssertionError: expected 2, got 3" in log and "line 200\n" not in log, "with the end of the failed step's log")
    fact("PATH=" not in log, "and without the worker's environment")
    fact(failed["attributes"]["changes"] == [[bad, "Bob <bob@example.org>", "Add discounts"]], "it says whose change was new in it")
    test = next(event for event in events.values() if event["type"] == "test_failure")
    fact(test["commit"] == bad and test["attributes"]["test"] == "total", "the test that failed since then is a signal, of that commit")
    fact("first bad build 2 (" in test["body"] + json.dumps(test["attributes"]), "it names the first bad build")
    fact(run["investigations"]["opened"] == [1], "the test and the build that it failed are one investigation")
    fact(not caseboard(place, "run", now=now)["news"], "running again reads no build twice")
