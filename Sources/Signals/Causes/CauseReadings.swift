import Model

/// Telemetry of one case → what it says about each service, for each moment at which the trouble may have begun.
package enum CauseReadings {
    /// At most four readings, the likeliest moment first; empty when the telemetry cannot date anything. `hint` is a start told from
    /// outside: it is believed, together with what the telemetry itself says near it.
    package static func read(_ telemetry: CaseTelemetry, hint: Instant?) -> [CauseReading] {
        let window = telemetry.window.lowerBound.ms...telemetry.window.upperBound.ms
        let services = ServiceNumbers(telemetry)
        let spans = telemetry.spans.sorted {
            ($0.start.ms, $0.traceID, $0.spanID, $0.service, $0.operation) < ($1.start.ms, $1.traceID, $1.spanID, $1.service, $1.operation)
        }
        let forest = TraceForest(spans)
        let silent = telemetry.map.services.subtracting(speaking(telemetry))
        let calls = CallTimes(
            spans: spans, forest: forest, services: services, window: window, silent: soleSilentCallees(telemetry.map, silent, services))
        let metrics = CauseMetrics(tracks: telemetry.tracks, services: services, window: window)
        let structure = callPatterns(spans, forest, services, window)
        let templates = LogTemplates(leaves: leaves(telemetry.logs))
        let messages = messagePatterns(telemetry, templates, LastAnswers(spans, forest, services), services, window)
        let errors = errorLines(telemetry, templates, services, window)
        let failing = errorSpans(spans, forest, services, window)
        let cuts = CutEstimate(calls: calls, metrics: metrics, window: window).cuts(hint: hint?.ms)
        return cuts.map { cut in
            var reading = CauseReading(at: Instant(ms: cut.at), weight: cut.weight, evidence: [], hasSpans: !spans.isEmpty, silent: silent)
            func add(_ channel: CauseChannel, _ found: [Int: Accusation]) {
                for (service, accusation) in found.sorted(by: { $0.key < $1.key }) where accusation.value > 0 {
                    reading.evidence.append(
                        ChannelEvidence(
                            service: services.names[service], channel: channel, value: min(1, accusation.value), why: accusation.why,
                            instance: accusation.instance, metric: accusation.metric, operation: accusation.operation,
                            isHearsay: accusation.isHearsay, isLatency: accusation.isLatency))
                }
            }
            let time = calls.evidence(at: cut.at)
            let rises = metrics.rises(at: cut.at)
            add(.time, time.accusations)
            add(.saturation, metrics.saturation(rises))
            add(.symptom, metrics.symptoms(rises))
            add(.dependency, metrics.dependencies(rises))
            let otherwise = messages.changes(at: cut.at)
            let branches = messages.branches(among: otherwise)
            add(.structure, structure.evidence(of: structure.changes(at: cut.at), at: cut.at, branches: branches))
            add(.pattern, messages.evidence(of: otherwise, at: cut.at, branches: branches))
            let said = errors.evidence(at: cut.at, noun: "error message")
            let failed = failing.evidence(at: cut.at, noun: "failing operation")
            add(.errors, said.merging(failed) { $0.value >= $1.value ? $0 : $1 })
            reading.onSlowTraces = Set(time.slowServices.map { services.names[$0] })
            return reading
        }
    }

    private static func soleSilentCallees(_ map: ServiceMap, _ silent: Set<String>, _ services: ServiceNumbers) -> [Int: Int] {
        var out: [Int: Int] = [:]
        for service in services.names {
            let dark = map.callees(of: service).filter(silent.contains)
            if dark.count == 1, let caller = services[service], let callee = services[dark[0]] { out[caller] = callee }
        }
        return out
    }

    private static func speaking(_ telemetry: CaseTelemetry) -> Set<String> {
        var out = Set(telemetry.tracks.map(\.key.service)).union(telemetry.logs.map(\.service))
        for span in telemetry.spans { out.insert(span.service) }
        return out
    }

    private static func leaves(_ logs: [LogHistory]) -> [LogLeaf] {
        var byID: [Int64: LogLeaf] = [:]
        for history in logs { byID.merge(history.leaves) { $0.pattern <= $1.pattern ? $0 : $1 } }
        return byID.values.sorted { $0.id < $1.id }
    }

    private static func callPatterns(
        _ spans: [Span], _ forest: TraceForest, _ services: ServiceNumbers, _ window: ClosedRange<Int64>
    ) -> RequestPatterns {
        var patterns = RequestPatterns(noun: "the call")
        for linked in forest.linked {
            let span = spans[linked.span]
            // A call is looked through: what matters is who was called, not by which client.
            guard linked.remoteChild == nil, let service = services[span.service] else { continue }
            let below = linked.children.map { forest.linked[$0].remoteChild ?? $0 }.map { spans[forest.linked[$0].span] }
            let ordered = below.count > 1 ? below.sorted { ($0.start.ms, $0.spanID) < ($1.start.ms, $1.spanID) } : below
            let children = ordered.compactMap { child -> (key: String, child: RequestPatterns.Child)? in
                guard let number = services[child.service] else { return nil }
                return ("\(number) \(child.operation)", RequestPatterns.Child(service: number, text: child.operation))
            }
            patterns.add(
                "\(service) \(span.operation)", service: service, text: span.operation, start: span.start.ms,
                end: span.start.ms &+ max(0, span.durationUs) / 1_000, children: children,
                answer: children.last { $0.child.service != service }?.child, window: window)
        }
        return patterns
    }

    private static func messagePatterns(
        _ telemetry: CaseTelemetry, _ templates: LogTemplates, _ answers: LastAnswers, _ services: ServiceNumbers,
        _ window: ClosedRange<Int64>
    ) -> RequestPatterns {
        var patterns = RequestPatterns(noun: "the message")
        let lines = telemetry.lines.sorted()
        var start = 0
        while start < lines.count {
            var end = start + 1
            while end < lines.count, lines[end].trace == lines[start].trace, lines[end].span == lines[start].span,
                lines[end].service == lines[start].service
            {
                end += 1
            }
            defer { start = end }
            guard let service = services[lines[start].service] else { continue }
            let first = templates.template(of: lines[start].leaf)
            let children = lines[(start + 1)..<end].compactMap { line -> (key: String, child: RequestPatterns.Child)? in
                let template = templates.template(of: line.leaf)
                return template == first
                    ? nil : ("\(template)", RequestPatterns.Child(service: service, text: templates.pattern(of: template)))
            }
            patterns.add(
                "\(service) \(first)", service: service, text: templates.pattern(of: first), start: lines[start].timeMs,
                end: lines[end - 1].timeMs, children: children, answer: answers.answer(to: lines[start], of: service), window: window)
        }
        return patterns
    }

    private static func errorLines(
        _ telemetry: CaseTelemetry, _ templates: LogTemplates, _ services: ServiceNumbers, _ window: ClosedRange<Int64>
    ) -> ErrorLines {
        var errors = ErrorLines(window: window)
        var isFailure: [Int64: Bool] = [:]
        for leaf in leaves(telemetry.logs) { isFailure[leaf.id] = ErrorWords.speaksOfFailure(leaf.pattern) }
        func error(_ leaf: Int64, _ level: LogLevel) -> String? {
            let isError = level >= .error || level != .info && level != .debug && level != .trace && isFailure[leaf] == true
            return isError ? templates.pattern(of: templates.template(of: leaf)) : nil
        }
        // Lines say the moment; counts only the minute.
        var lineCounts: [String: Int] = [:]
        for line in telemetry.lines { lineCounts[line.service, default: 0] += 1 }
        var exact: Set<String> = []
        for history in telemetry.logs {
            let total = history.counts.reduce(0) { $0 &+ $1.count }
            if Double(lineCounts[history.service] ?? 0) >= 0.9 * Double(total) {
                exact.insert(history.service)
                continue
            }
            guard let service = services[history.service] else { continue }
            for count in history.counts {
                errors.add(
                    service: service, error: error(count.leaf, count.level), at: count.minute &* .minuteMs &+ 30_000,
                    count: Double(count.count))
            }
        }
        for line in telemetry.lines where exact.contains(line.service) {
            guard let service = services[line.service] else { continue }
            errors.add(service: service, error: error(line.leaf, line.level), at: line.timeMs)
        }
        return errors
    }

    private static func errorSpans(
        _ spans: [Span], _ forest: TraceForest, _ services: ServiceNumbers, _ window: ClosedRange<Int64>
    ) -> ErrorLines {
        var errors = ErrorLines(window: window)
        for linked in forest.linked {
            let span = spans[linked.span]
            guard let service = services[span.service] else { continue }
            let text = linked.isErrorOrigin ? (span.exception.map { "\(span.operation): \($0)" } ?? span.operation) : nil
            errors.add(service: service, error: text, at: span.start.ms)
        }
        return errors
    }
}
