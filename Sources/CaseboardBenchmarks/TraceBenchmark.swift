import Formats
import Foundation
import Model

/// Traces in Jaeger's JSON and in OTLP's, parsed into spans in memory, beside msgspec with typed structs.
enum TraceBenchmark {
    static let traces = 4_000
    static let spansPerTrace = 12

    static func run() throws {
        let folder = try benchFolder("traces")
        for kind in ["jaeger", "otlp"] {
            let file = folder.appending(path: "\(kind).json")
            try Data((kind == "jaeger" ? jaeger() : otlp()).utf8).write(to: file)
            let bytes = [UInt8](try Data(contentsOf: file))
            let origin = DocumentOrigin(origin: kind, path: "\(kind).json", fallbackTime: Instant(ms: 0))
            var (ours, theirs): ([Double], [Double]) = ([], [])
            var spans = 0
            for _ in 0..<repetitions {
                let before = cpuSeconds()
                spans = bytes.withUnsafeBytes { TraceReader.read($0, from: origin).spans.count }
                ours.append(Double(bytes.count) / 1e6 / (cpuSeconds() - before))
                if let said = peer(Peers.python, ["Benchmarks/peers/trace_peer.py", file.path(percentEncoded: false), kind]),
                    said.count == 3
                {
                    theirs.append(said[0] / said[1])
                }
            }
            print("traces \(kind): \(spans) spans in \(bytes.count >> 20) MB, \(Int(median(ours))) MB per CPU-second")
            if theirs.isEmpty {
                print("traces \(kind): \(Peers.missing)")
            } else {
                print(
                    "traces \(kind): msgspec with typed structs \(Int(median(theirs))); ratio \(twoDigits(median(ours) / median(theirs)))")
            }
        }
    }

    private struct MadeSpan {
        var id: String
        var parent: String
        var name: String
        var service: Int
        var startUs: Int64
        var durationUs: Int64
        var status: Int
    }

    private static func made(_ number: Int, _ chance: inout SplitMix64) -> (id: String, spans: [MadeSpan]) {
        let start: Int64 = 1_773_144_000_000_000 + Int64(number) * 50_000
        var spans: [MadeSpan] = []
        for index in 0..<spansPerTrace {
            let parent = spans.isEmpty ? "" : spans[chance.below(spans.count)].id
            spans.append(
                MadeSpan(
                    id: chance.hex(16), parent: parent, name: "GET /v\(chance.below(4))/orders/item-\(index)", service: index % 6,
                    startUs: start + Int64(index) * 300, durationUs: Int64(500 + chance.below(40_000)),
                    status: chance.below(50) == 0 ? 503 : 200))
        }
        return (chance.hex(32), spans)
    }

    private static func jaeger() -> String {
        var chance = SplitMix64(seed: 5)
        let documents = (0..<traces).map { number -> String in
            let (trace, spans) = made(number, &chance)
            let listed = spans.map { span in
                let references =
                    span.parent.isEmpty ? "" : "{\"refType\":\"CHILD_OF\",\"traceID\":\"\(trace)\",\"spanID\":\"\(span.parent)\"}"
                return "{\"traceID\":\"\(trace)\",\"spanID\":\"\(span.id)\",\"flags\":1,\"operationName\":\"\(span.name)\","
                    + "\"references\":[\(references)],\"startTime\":\(span.startUs),\"duration\":\(span.durationUs),\"tags\":["
                    + "{\"key\":\"span.kind\",\"type\":\"string\",\"value\":\"server\"},"
                    + "{\"key\":\"http.status_code\",\"type\":\"int64\",\"value\":\(span.status)},"
                    + "{\"key\":\"http.method\",\"type\":\"string\",\"value\":\"GET\"}],"
                    + "\"logs\":[],\"processID\":\"p\(span.service)\",\"warnings\":null}"
            }
            let processes = (0..<6).map {
                "\"p\($0)\":{\"serviceName\":\"service-\($0)\",\"tags\":[{\"key\":\"hostname\",\"type\":\"string\",\"value\":\"host-\($0)\"}]}"
            }
            return
                "{\"traceID\":\"\(trace)\",\"spans\":[\(listed.joined(separator: ","))],\"processes\":{\(processes.joined(separator: ","))}}"
        }
        return "{\"data\":[\(documents.joined(separator: ","))],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}"
    }

    private static func otlp() -> String {
        var chance = SplitMix64(seed: 5)
        let resources = (0..<traces).flatMap { number -> [String] in
            let (trace, spans) = made(number, &chance)
            return (0..<6).map { service in
                let listed = spans.filter { $0.service == service }.map { span in
                    "{\"traceId\":\"\(trace)\",\"spanId\":\"\(span.id)\",\"parentSpanId\":\"\(span.parent)\",\"name\":\"\(span.name)\",\"kind\":2,"
                        + "\"startTimeUnixNano\":\"\(span.startUs)000\",\"endTimeUnixNano\":\"\(span.startUs + span.durationUs)000\","
                        + "\"attributes\":[{\"key\":\"http.request.method\",\"value\":{\"stringValue\":\"GET\"}},"
                        + "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"\(span.status)\"}}],\"status\":{}}"
                }
                return "{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"service-\(service)\"}},"
                    + "{\"key\":\"host.name\",\"value\":{\"stringValue\":\"host-\(service)\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"http\"},"
                    + "\"spans\":[\(listed.joined(separator: ","))]}]}"
            }
        }
        return "{\"resourceSpans\":[\(resources.joined(separator: ","))]}"
    }
}
