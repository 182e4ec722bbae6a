"""msgspec with typed structs over a file of traces; prints megabytes, CPU seconds, spans.

usage: trace_peer.py FILE KIND   (KIND: jaeger or otlp)
"""
import resource
import sys
from typing import Any, Optional

import msgspec


class Tag(msgspec.Struct):
    key: str
    value: Any = None


class Reference(msgspec.Struct):
    refType: str
    traceID: str
    spanID: str


class JaegerSpan(msgspec.Struct):
    traceID: str
    spanID: str
    operationName: str
    startTime: int
    duration: int
    processID: str
    references: list[Reference] = []
    tags: list[Tag] = []


class Process(msgspec.Struct):
    serviceName: str
    tags: list[Tag] = []


class JaegerTrace(msgspec.Struct):
    traceID: str
    spans: list[JaegerSpan]
    processes: dict[str, Process]


class Jaeger(msgspec.Struct):
    data: list[JaegerTrace]


class Value(msgspec.Struct):
    stringValue: Optional[str] = None
    intValue: Optional[str] = None


class Attribute(msgspec.Struct):
    key: str
    value: Value


class Status(msgspec.Struct):
    code: int = 0
    message: str = ""


class Span(msgspec.Struct):
    traceId: str
    spanId: str
    name: str
    startTimeUnixNano: str
    endTimeUnixNano: str
    parentSpanId: str = ""
    kind: int = 0
    attributes: list[Attribute] = []
    status: Optional[Status] = None


class ScopeSpans(msgspec.Struct):
    spans: list[Span]


class Resource(msgspec.Struct):
    attributes: list[Attribute]


class ResourceSpans(msgspec.Struct):
    resource: Resource
    scopeSpans: list[ScopeSpans]


class OTLP(msgspec.Struct):
    resourceSpans: list[ResourceSpans]


path, kind = sys.argv[1], sys.argv[2]
with open(path, "rb") as file:
    text = file.read()
decoder = msgspec.json.Decoder(Jaeger if kind == "jaeger" else OTLP)
before = resource.getrusage(resource.RUSAGE_SELF)
document = decoder.decode(text)
after = resource.getrusage(resource.RUSAGE_SELF)
if kind == "jaeger":
    spans = sum(len(trace.spans) for trace in document.data)
else:
    spans = sum(len(scope.spans) for resource in document.resourceSpans for scope in resource.scopeSpans)
print(len(text) / 1e6, f"{after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.4f}", spans)
