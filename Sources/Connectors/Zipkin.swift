import Formats
import Model
import Transport

/// Traces of Zipkin, or of what speaks its API, version 2.
package struct ZipkinConnector: TracesByService {
    package static let descriptor = ConnectorDescriptor(
        kind: "zipkin", summary: "Traces of Zipkin, or of what speaks its API, version 2.",
        settings: HTTPSource.settings + [TraceServices.setting] + TraceSampling.settings(limit: 200, most: 1_500),
        sample: """
            kind: zipkin
            url: https://zipkin.example.org
            """)

    let traces: TraceServices

    package init(settings: SourceSettings) throws(ConnectorError) {
        let http = HTTPSource(settings)
        traces = TraceServices(
            http: http, sampling: TraceSampling(settings, limit: 200, floorMs: .minuteMs), chosen: settings.texts("services"),
            list: http.get("/api/v2/services"), names: { $0 }, fault: HTTPSource.listFault,
            question: { service, part, range, limit in
                let more: [(name: String, value: String)] =
                    switch part {
                    case .any: []
                    case .failed: [("annotationQuery", "error")]
                    case .slow(let microseconds): [("minDuration", String(microseconds))]
                    }
                return http.get(
                    "/api/v2/traces",
                    [
                        ("serviceName", service), ("endTs", String(range.upperBound - 1)),
                        ("lookback", String(range.upperBound - 1 - range.lowerBound)), ("limit", String(limit)),
                    ] + more)
            })
    }
}
