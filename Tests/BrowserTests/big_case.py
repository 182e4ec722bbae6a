"""One incident with as many alerts as asked for, as an evidence bundle: to see how a canvas bears them."""
import json
import pathlib
import random

SERVICES = ["edge", "web", "cart", "checkout", "payments", "orders", "stock", "search", "mail", "db"]
CALLS = [("edge", "web"), ("web", "cart"), ("web", "search"), ("cart", "checkout"), ("checkout", "payments"), ("checkout", "orders"),
         ("orders", "stock"), ("orders", "mail"), ("payments", "db"), ("stock", "db"), ("search", "db")]
TITLES = ["ErrorRateHigh", "LatencyHigh", "QueueGrows", "PodRestarted", "ProbeFailed", "ConnectionsNearLimit"]


def write(folder: pathlib.Path, count: int) -> None:
    chance = random.Random(count)
    (folder / "alerts").mkdir(parents=True)
    (folder / "changes").mkdir()
    (folder / "metrics").mkdir()
    (folder / "bundle.yaml").write_text("title: The database ran out of connections\nstarted_at: 2026-03-10T14:00:00Z\n")
    (folder / "topology.csv").write_text("caller,callee\n" + "".join(f"{a},{b}\n" for a, b in CALLS))
    start = 1773151200  # 2026-03-10T14:00:00Z
    with (folder / "alerts" / "alerts.jsonl").open("w") as out:
        for index in range(count):
            at = start + 3600 * min(chance.random(), chance.random())
            service = chance.choice(SERVICES)
            out.write(json.dumps({
                "time": at, "title": f"{service}: {chance.choice(TITLES)}", "service": service, "body": f"instance {service}-{index} is over its limit",
                "severity": chance.choices(["critical", "high", "medium", "low"], [1, 6, 20, 40])[0],
                "labels": {"instance": f"{service}-{index}", "number": str(index)}}) + "\n")
    with (folder / "metrics" / "db.csv").open("w") as out:
        out.write("time,service,instance,metric,value\n")
        for minute in range(-60, 60):
            out.write(f"{start + minute * 60},db,db-0,connections,{180 if minute >= 0 else 40 + minute % 5}\n")
    with (folder / "changes" / "changes.jsonl").open("w") as out:
        out.write(json.dumps({"type": "deployment", "time": start - 120, "service": "payments", "version": "7.2.0", "title": "payments 7.2.0"}) + "\n")
