import Formats
import Model
import Transport

/// Traces of Jaeger's query service, or of what speaks its HTTP API.
package struct JaegerConnector: TracesByService {
    package static let descriptor = ConnectorDescriptor(
        kind: "jaeger", summary: "Traces of Jaeger, or of what speaks its HTTP API, such as VictoriaTraces.",
        settings: HTTPSource.settings + [TraceServices.setting] + TraceSampling.settings(limit: 200, most: 1_500),
        sample: """
            kind: jaeger
            url: https://jaeger.example.org
            """)

    let traces: TraceServices

    package init(settings: SourceSettings) throws(ConnectorError) {
        let http = HTTPSource(settings)
        traces = TraceServices(
            http: http, sampling: TraceSampling(settings, limit: 200, floorMs: .minuteMs), chosen: settings.texts("services"),
            list: http.get("/api/services"), names: { $0["data"] }, fault: Self.fault,
            question: { service, part, range, limit in
                let more: [(name: String, value: String)] =
                    switch part {
                    case .any: []
                    case .failed: [("tags", #"{"error":"true"}"#)]
                    case .slow(let microseconds): [("minDuration", "\(microseconds)us")]
                    }
                return http.get(
                    "/api/traces",
                    [
                        ("service", service), ("start", String(range.lowerBound * 1_000)), ("end", String(range.upperBound * 1_000 - 1)),
                        ("limit", String(limit)),
                    ] + more)
            })
    }

    private static func fault(_ response: HTTPResponse) -> String? {
        response.body.withUnsafeBytes { bytes in
            JSONReader.fault(bytes) { root in
                if let said = root["errors"]?.elements.first(where: { _ in true })?["msg"]?.string {
                    return "the server says: \(said.clipped(to: 200))"
                }
                return root["data"]?.isArray == true || root["total"] != nil ? nil : JSONReader.otherKind
            }
        }
    }
}
