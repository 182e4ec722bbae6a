#!/usr/bin/env python3
"""trace_receiver PORT FOLDER: takes OTLP over HTTP as a collector does and writes FOLDER/otlp.jsonl as its file exporter would, and
Zipkin's spans into FOLDER/zipkin, a file each post."""
import base64
import gzip
import json
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

folder = pathlib.Path(sys.argv[2])
(folder / "zipkin").mkdir()


def hexadecimal(node):
    """OTLP in JSON has hex where plain JSON of protocol buffers has base 64."""
    if isinstance(node, list):
        return [hexadecimal(each) for each in node]
    if isinstance(node, dict):
        return {key: base64.b64decode(value).hex() if key in ("traceId", "spanId", "parentSpanId") else hexadecimal(value)
                for key, value in node.items()}
    return node


class Receiver(BaseHTTPRequestHandler):
    posts = 0

    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        if self.path == "/v1/traces":
            request = MessageToDict(ExportTraceServiceRequest.FromString(body), use_integers_for_enums=True)
            with open(folder / "otlp.jsonl", "a") as file:
                file.write(json.dumps(hexadecimal(request), separators=(",", ":")) + "\n")
            self.answer(200, ExportTraceServiceResponse().SerializeToString(), "application/x-protobuf")
        else:
            Receiver.posts += 1
            (folder / f"zipkin/{Receiver.posts}.json").write_bytes(body)
            self.answer(202, b"")
        print(self.path, self.headers["Content-Type"], self.headers["Content-Encoding"], len(body), flush=True)

    def answer(self, status, body, kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
