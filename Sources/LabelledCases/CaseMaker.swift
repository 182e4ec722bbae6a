import Model

/// One labelled case: its files by path, in the form of `docs/bundle.md` with a `truth.json` beside the bundle.
package struct LabelledCase: Sendable {
    package var name: String
    package var family: FaultFamily
    package var service: String
    package var files: [(path: String, text: String)]
}

/// Makes labelled cases: a random system, quiet times, then one fault. Pure: the same seed makes the same bytes.
package enum CaseMaker {
    static let epochMs: Int64 = 1_700_000_400_000
    static let beforeMs: Int64 = 5 * .minuteMs
    static let afterMs: Int64 = 3 * .minuteMs
    static let quietMs: Int64 = 4 * .minuteMs

    package static func make(_ family: FaultFamily, seed: UInt64) -> LabelledCase {
        var random = SplitMix64(seed: SHA256Digest.prefix64(of: "\(family.rawValue) \(seed)"))
        var system = MadeSystem(&random)
        let from = epochMs + Int64(random.below(24)) * .hourMs
        let start = from + beforeMs + Int64(random.below(40_000))
        let (service, operation) = target(family, &system, &random)
        let size: Double =
            switch family {
            case .networkDelay: 60 + 400 * random.unit()
            case .cpuContention, .missingSpans, .noSpans: 5 + 10 * random.unit()
            case .saturation: 1.5 + random.unit()
            case .dependencyOutage: 500 + 1_500 * random.unit()
            default: 1
            }
        let worked = family == .noSpans ? FaultFamily.cpuContention : family
        let fault = MadeFault(
            family: worked, service: service, operation: operation, startMs: start, size: size, after: random.pick([0, 0.34, 0.67]),
            logs: family == .exception && random.chance(0.8) || family == .dependencyOutage,
            marksSpans: family != .swallowedException && random.chance(0.7))
        let perSecond = 0.5 + 0.4 * random.unit()
        var quiet = MadeTraffic(system: system, fault: nil, random: random)
        quiet.requests(from: from - 2 * .hourMs, to: from - 2 * .hourMs + quietMs, perSecond: perSecond)
        var incident = MadeTraffic(system: system, fault: fault, random: SplitMix64(seed: random.next()))
        incident.requests(from: from, to: start + afterMs, perSecond: perSecond)
        let hidden: Set<String> =
            family == .dependencyOutage
            ? [system.services[service].name]
            : family == .missingSpans
                ? Set(system.services.indices.filter { $0 != service && $0 != 0 && random.chance(0.35) }.map { system.services[$0].name })
                : []
        let name = "\(family.rawValue)_\(seed)"
        var files: [(path: String, text: String)] = []
        for (folder, traffic) in [("bundle", incident), ("quiet", quiet)] {
            let writer = CaseWriter(traffic: traffic, hidden: hidden, silent: family == .dependencyOutage ? service : nil)
            if family != .noSpans { files.append(("\(folder)/traces/traces.jsonl", writer.traces())) }
            if ![.noSpans, .noLogs].contains(family) { files.append(("\(folder)/logs/app.jsonl", writer.logs())) }
            files.append(
                ("\(folder)/metrics/metrics.csv", writer.metrics(saturated: folder == "bundle" && family == .saturation ? fault : nil)))
        }
        files.append(("bundle/topology.csv", "caller,callee\n" + Set(system.edges.map { "\($0.caller),\($0.callee)\n" }).sorted().joined()))
        files.append(
            (
                "bundle/bundle.yaml",
                """
                title: "\(name)"
                started_at: "\(Instant(ms: start).rfc3339)"
                window:
                  from: "\(Instant(ms: from).rfc3339)"
                  to: "\(Instant(ms: start + afterMs).rfc3339)"
                baseline: "../quiet"

                """
            ))
        let truth = "{\"service\": \"\(system.services[service].name)\", \"kind\": \"\(family.rawValue)\"}\n"
        files.append(("truth.json", truth))
        return LabelledCase(name: name, family: family, service: system.services[service].name, files: files.sorted { $0.path < $1.path })
    }

    /// A busy operation that the fault can be seen at: one that calls others where calls get lost, a leaf where that is meant.
    private static func target(_ family: FaultFamily, _ system: inout MadeSystem, _ random: inout SplitMix64) -> (Int, Int) {
        let traffic = system.traffic()
        var all: [(service: Int, operation: Int)] = []
        for service in system.services.indices where service > 0 {
            for operation in system.services[service].operations.indices where traffic[service][operation] >= 0.25 {
                all.append((service, operation))
            }
        }
        func pick(_ fits: ((service: Int, operation: Int)) -> Bool) -> (Int, Int) {
            let fitting = all.filter(fits)
            let chosen = fitting.isEmpty ? all : fitting
            return chosen.isEmpty ? (1, 0) : random.pick(chosen)
        }
        switch family {
        case .earlyReturn, .swallowedException: return pick { !system.services[$0.service].operations[$0.operation].calls.isEmpty }
        case .dependencyOutage: return pick { system.services[$0.service].layer == 3 }
        case .wrongValue:
            // Its caller has more to do afterwards, or nobody would notice.
            return pick { item in
                system.services.contains { service in
                    service.operations.contains { operation in
                        operation.calls.dropLast().contains {
                            $0.service == item.service && $0.operation == item.operation && $0.share == 1
                        }
                    }
                }
            }
        default: return pick { _ in true }
        }
    }
}

/// The files of one case.
struct CaseWriter {
    let traffic: MadeTraffic
    /// Services that send no spans, or nothing at all.
    let hidden: Set<String>
    let silent: Int?

    func traces() -> String {
        var byTrace: [String: [Span]] = [:]
        for span in traffic.spans where !hidden.contains(span.service) { byTrace[span.traceID, default: []].append(span) }
        let first = byTrace.mapValues { $0.map(\.start.ms).min() ?? 0 }
        return byTrace.keys.sorted { (first[$0] ?? 0, $0) < (first[$1] ?? 0, $1) }.map { trace in
            let groups = Dictionary(grouping: byTrace[trace] ?? [], by: \.service).sorted { $0.key < $1.key }
            let resources = groups.map { service, spans in
                let resource =
                    "{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"\(service)\"}},"
                    + "{\"key\":\"k8s.pod.name\",\"value\":{\"stringValue\":\"\(spans[0].instance)\"}}]}"
                return "{\"resource\":\(resource),\"scopeSpans\":[{\"spans\":[\(spans.map(Self.json).joined(separator: ","))]}]}"
            }
            return "{\"resourceSpans\":[\(resources.joined(separator: ","))]}\n"
        }.joined()
    }

    private static func json(_ span: Span) -> String {
        let start = span.start.ms * 1_000_000
        return "{\"traceId\":\"\(span.traceID)\",\"spanId\":\"\(span.spanID)\",\"parentSpanId\":\"\(span.parentID)\","
            + "\"name\":\"\(span.operation)\",\"startTimeUnixNano\":\"\(start)\",\"endTimeUnixNano\":\"\(start + span.durationUs * 1_000)\","
            + "\"status\":{\(span.isError ? "\"code\":2" : "")}}"
    }

    func logs() -> String {
        traffic.lines.enumerated().filter { $0.element.service != silent }.sorted {
            ($0.element.atMs, $0.offset) < ($1.element.atMs, $1.offset)
        }
        .map { _, line in
            let service = traffic.system.services[line.service]
            return
                "{\"time\":\"\(Instant(ms: Int64(line.atMs)).rfc3339)\",\"service\":\"\(service.name)\",\"instance\":\"\(service.instance)\","
                + "\"level\":\"\(line.level)\",\"message\":\"\(line.message)\",\"trace_id\":\"\(line.trace)\",\"span_id\":\"\(line.span)\"}\n"
        }.joined()
    }

    /// A point a minute of each service.
    func metrics(saturated: MadeFault?) -> String {
        var random = traffic.random
        var out = "time,service,instance,metric,value\n"
        for (number, service) in traffic.system.services.enumerated() where number != silent {
            for (minute, point) in (traffic.points[number] ?? [:]).sorted(by: { $0.key < $1.key }) {
                let at = Instant(ms: (minute + 1) * .minuteMs - 1).rfc3339
                let times = point.times.sorted()
                var cpu = 3 + point.busyMs / 600 + abs(random.gauss())
                if random.chance(0.03) { cpu *= 2 }
                let isFull = saturated.map { $0.service == number && (minute + 1) * .minuteMs > $0.startMs } ?? false
                let pool = isFull ? 96 + 4 * random.unit() : 20 + 10 * random.unit()
                for (metric, value) in [
                    ("cpu_usage_percent", cpu), ("memory_usage_percent", 40 + 2 * random.gauss()), ("pool_in_use_percent", pool),
                    ("latency_p90_ms", times[min(times.count - 1, times.count * 9 / 10)]),
                    ("error_rate_percent", 100 * point.errors / point.calls), ("requests_per_minute", point.calls),
                ] {
                    out += "\(at),\(service.name),\(service.instance),\(metric),\((value * 1_000).rounded() / 1_000)\n"
                }
            }
        }
        return out
    }
}
