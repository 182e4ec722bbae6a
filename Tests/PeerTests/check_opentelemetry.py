"""Spans that OpenTelemetry's SDK made and its exporters sent, as OTLP and as Zipkin."""
import pathlib
import subprocess

import incident
from rig import PROGRAMS, caseboard, fact, folder, free_port, started, stop, stored, workspace

HERE = pathlib.Path(__file__).parent
END = "2026-03-10T15:00:00Z"
ORDERS = 3 * 360
FAILED = len(incident.BAD) // 20


def spans(board):
    """All but the kind, which Zipkin has not of every span."""
    return stored(board, """
        SELECT hex(trace_id), hex(span_id), hex(parent_id), service.text, instance.text, operation.text, start_ms, duration_us, is_error,
          status, exception, frames
        FROM span JOIN name service ON service.name_id = service JOIN name instance ON instance.name_id = instance
          JOIN name operation ON operation.name_id = operation ORDER BY 1, 2""")


def check_form(name, path):
    board = workspace(f"{name}-board", [{"name": name, "kind": "traces", "path": str(path)}])
    run = caseboard(board, "run", now=END)
    fact(run["read"]["spans"] == 4 * ORDERS, f"each of {4 * ORDERS} spans is read as {name}")
    fact(run["dead_letters"] == 0, "none is refused")
    edges = stored(board, "SELECT caller, callee, calls FROM service_edge")
    fact(edges == [("storefront", "checkout", ORDERS)], "the storefront calls checkout, once an order")
    errors = stored(board, """
        SELECT text, count(*), count(exception) FROM span JOIN name ON name_id = service WHERE is_error GROUP BY 1 ORDER BY 1""")
    fact(errors == [("checkout", 2 * FAILED, 2 * FAILED), ("storefront", 2 * FAILED, 0)], "what failed has failed, with its exception")
    fact(run["investigations"]["opened"] == [1], "the incident is one investigation")
    case = caseboard(board, "show", "1", now=END)
    fact(case["started_at"].startswith("2026-03-10T14:05"), "it began at 14:05")
    fact(case["services"] == ["checkout", "storefront"], "it hit both")
    causes = caseboard(board, "causes", "1", now=END)["causes"]
    fact(causes[0]["service"] == "checkout", "it probably began in checkout")
    fact(not caseboard(board, "run", now=END)["news"], "running again reads no span twice")
    return spans(board)


def check_opentelemetry():
    place, port = folder / "traces", free_port()
    place.mkdir()
    url = f"http://127.0.0.1:{port}"
    receiver = started("trace-receiver", [PROGRAMS / "python", HERE / "trace_receiver.py", str(port), place], url)
    subprocess.run([PROGRAMS / "python", HERE / "traced_shop.py", url], check=True)
    stop(receiver)
    otlp = check_form("otlp", place / "otlp.jsonl")
    zipkin = check_form("zipkin", place / "zipkin/*.json")
    reserve = next(row for row in otlp if row[5] == "reserve" and row[8])
    fact(reserve[10] == "LookupError" and "reserve" in reserve[11], "the exception has its class and its frames")
    fact(zipkin == otlp, "both tell the same of every span")
