#!/usr/bin/env python3
"""traced_shop URL: three hours of orders as spans of OpenTelemetry's SDK, sent by its exporters: OTLP to URL/v1/traces, Zipkin to
URL/api/v2/spans.

The storefront calls checkout, which from 14:05 to 14:35 fails every second order, and is slow."""
import sys

import incident
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.zipkin.json import ZipkinExporter
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, set_span_in_context

MS = 1_000_000


def service(name):
    provider = TracerProvider(resource=Resource.create({"service.name": name, "service.instance.id": f"{name}-1"}))
    for exporter in (OTLPSpanExporter(f"{sys.argv[1]}/v1/traces", compression=Compression.Gzip),
                     ZipkinExporter(endpoint=f"{sys.argv[1]}/api/v2/spans")):
        provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=100_000))
    return provider


def reserve(cart):
    raise LookupError(f"no room for cart {cart}")


def fail(span, error, at):
    span.record_exception(error, timestamp=at)
    span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))


storefront, checkout = service("storefront"), service("checkout")
shop, till = storefront.get_tracer("shop"), checkout.get_tracer("till")
last = None
for number, second in enumerate(range(incident.START, incident.START + 3 * 3600, 10)):
    start, is_bad = second * 1000 * MS, second in incident.BAD
    slow = (900 if is_bad else 90) + number % 7
    order = shop.start_span("POST /order", kind=SpanKind.SERVER, start_time=start, links=[Link(last)] if last else [],
                            attributes={"http.request.method": "POST", "cart": number, "vip": number % 9 == 0, "items": ["tea", "jam"]})
    last = order.get_span_context()
    call = shop.start_span("POST", set_span_in_context(order), SpanKind.CLIENT, start_time=start + 2 * MS)
    headers = {}
    inject(headers, set_span_in_context(call))
    taken = till.start_span("POST /payment", extract(headers), SpanKind.SERVER, start_time=start + 3 * MS)
    place = till.start_span("reserve", set_span_in_context(taken), start_time=start + 4 * MS)
    taken.add_event("paid", {"cart": number}, start + 5 * MS)
    if is_bad and number % 2:
        try:
            reserve(number)
        except LookupError as error:
            for span in (place, taken):
                fail(span, error, start + slow * MS)
        call.set_attribute("http.response.status_code", 500)
        order.set_status(Status(StatusCode.ERROR))
    for span, end in ((place, slow), (taken, slow + 1), (call, slow + 2), (order, slow + 4)):
        span.end(start + end * MS)
for provider in (storefront, checkout):
    provider.shutdown()
