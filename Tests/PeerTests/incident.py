"""A made-up incident as OpenMetrics: three services for three hours, of which checkout fails from 14:05 to 14:35."""
import random

START = 1773144000  # 2026-03-10T12:00:00Z
STEP = 30
STEPS = 3 * 3600 // STEP + 1
BAD = range(START + 7500, START + 9300)
SERVICES = {"storefront": 80, "cart": 60, "checkout": 40}


def readings():
    """Service, then for each step the time, the good and the failed requests so far, and the latency."""
    chance = random.Random(7)
    for service, rate in SERVICES.items():
        good = failed = 0.0
        rows = []
        for at in (START + i * STEP for i in range(STEPS)):
            count = rate * STEP * (1 + 0.05 * chance.random())
            errors = count * (0.25 if service == "checkout" and at in BAD else 0.001)
            good += count - errors
            failed += errors
            slow = 0.9 if service == "checkout" and at in BAD else 0.12
            rows.append((at, good, failed, slow * (1 + 0.1 * chance.random())))
        yield service, rows


def openmetrics(milliseconds=False):
    times = [START + i * STEP for i in range(STEPS)]
    requests, latencies = [], []
    for service, rows in readings():
        labels = f'job="{service}",instance="{service}-1:9100"'
        requests += [(f'http_requests_total{{{labels},code="200"}}', good, at) for at, good, _, _ in rows]
        requests += [(f'http_requests_total{{{labels},code="500"}}', failed, at) for at, _, failed, _ in rows]
        latencies += [(f"request_latency_seconds{{{labels}}}", latency, at) for at, _, _, latency in rows]
    labels = 'alertname="HighErrorRate",severity="critical",service="checkout"'
    active = BAD.start + 60
    firing = [(f'ALERTS{{{labels},alertstate="firing"}}', 1, at) for at in times if active + 120 <= at < BAD.stop]
    state = [(f"ALERTS_FOR_STATE{{{labels}}}", active, at) for at in times if active <= at < BAD.stop]
    families = [("http_requests", "counter", requests), ("request_latency_seconds", "gauge", latencies)]
    families += [("ALERTS", "gauge", firing), ("ALERTS_FOR_STATE", "gauge", state)]
    scale = 1000 if milliseconds else 1
    out = []
    for name, kind, rows in families:
        out.append(f"# TYPE {name} {kind}")
        out += [f"{series} {value:.4f} {at * scale}" for series, value, at in rows]
    return "\n".join(out + ["# EOF", ""])
