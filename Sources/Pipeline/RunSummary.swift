import Model

/// What each step of a run did, and how it is said.
package struct RunSummary: Sendable {
    package struct Collected: Sendable {
        var events = 0
        var records = 0
        var samples = 0
        var spans = 0
        var tests = 0
        var redactions: [String: Int] = [:]
        var deadLetters = 0
        /// Sentences: a source that failed, and why.
        var failures: [String] = []

        mutating func add(_ other: Collected) {
            events += other.events
            records += other.records
            samples += other.samples
            spans += other.spans
            tests += other.tests
            redactions.merge(other.redactions, uniquingKeysWith: +)
            deadLetters += other.deadLetters
            failures += other.failures
        }
    }
    package struct Cases: Sendable {
        var opened: [Investigation] = []
        var updated: [Investigation] = []
        var resolved: [Investigation] = []
        var gone = 0
        var isEmpty: Bool { opened.isEmpty && updated.isEmpty && resolved.isEmpty && gone == 0 }
    }
    package struct Delivered: Sendable {
        var sent = 0
        var waiting = 0
        var failures: [String] = []
    }

    var collected = Collected()
    var signals = 0
    var cases = Cases()
    var filesWritten = 0
    var delivered = Delivered()

    var isNews: Bool {
        collected.events + collected.records + collected.samples + collected.spans + collected.tests + collected.deadLetters > 0
            || signals > 0 || !cases.isEmpty || filesWritten > 0 || delivered.sent > 0 || !collected.failures.isEmpty
            || !delivered.failures.isEmpty
    }
    var exitCode: Int32 {
        collected.deadLetters > 0 || !collected.failures.isEmpty || !delivered.failures.isEmpty ? 1 : 0
    }

    /// What the run's row in the store remembers.
    var counters: [String: Int64] {
        [
            "events": Int64(collected.events), "log_records": Int64(collected.records), "samples": Int64(collected.samples),
            "spans": Int64(collected.spans), "tests": Int64(collected.tests), "dead_letters": Int64(collected.deadLetters),
            "redactions": Int64(collected.redactions.values.reduce(0, +)), "signals": Int64(signals),
            "opened": Int64(cases.opened.count), "files": Int64(filesWritten), "digests": Int64(delivered.sent),
        ]
    }

    func answer(board: String?, steps: [Step]) -> Answer {
        var lines: [Line] = []
        if !isNews {
            lines.append("nothing new: no event, no change, no page written")
        } else {
            if let read = readSentence { lines.append(Line(read, .faint)) }
            for (heading, list) in [("new", cases.opened), ("changed", cases.updated), ("resolved", cases.resolved)] {
                for investigation in list.sorted(by: { $0.number < $1.number }).prefix(20) {
                    lines.append(line(heading, investigation))
                }
                if list.count > 20 { lines.append(Line("  and \(list.count - 20) more \(heading)", .faint)) }
            }
            if filesWritten > 0, let board { lines.append(Line("\(counted(filesWritten, "file")) written; the board is \(board)", .faint)) }
            if delivered.sent > 0 { lines.append(Line("\(counted(delivered.sent, "digest")) delivered", .faint)) }
        }
        for failure in collected.failures + delivered.failures { lines.append(Line(failure, .high)) }
        if collected.deadLetters > 0 {
            lines.append(
                Line(
                    "\(counted(collected.deadLetters, "item")) could not be read and wait as dead letters; the board lists them by source",
                    .high))
        }
        return Answer(lines: lines, json: json(board: board), exitCode: exitCode)
    }

    private var readSentence: String? {
        var parts: [String] = []
        if collected.records > 0 { parts.append(counted(collected.records, "log record")) }
        if collected.samples > 0 { parts.append(counted(collected.samples, "sample")) }
        if collected.spans > 0 { parts.append(counted(collected.spans, "span")) }
        if collected.tests > 0 { parts.append(counted(collected.tests, "test result")) }
        if collected.events > 0 { parts.append(counted(collected.events, "event")) }
        var text = parts.isEmpty ? "" : "read " + parts.joined(separator: ", ")
        if signals > 0 { text += (text.isEmpty ? "" : "; ") + counted(signals, "signal") + " derived" }
        let redacted = collected.redactions.values.reduce(0, +)
        if redacted > 0 {
            let kinds = collected.redactions.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            text += (text.isEmpty ? "" : "; ") + "\(counted(redacted, "secret")) redacted (\(kinds))"
        }
        return text.isEmpty ? nil : text
    }

    private func line(_ heading: String, _ investigation: Investigation) -> Line {
        Line("#\(investigation.number) ", .strong)
            + Line("\(investigation.severity.mark) \(investigation.severity.rawValue) ", investigation.severity.role)
            + Line("\(heading): \(investigation.title)")
    }

    private func json(board: String?) -> JSONValue {
        func numbers(_ list: [Investigation]) -> JSONValue {
            .array(list.map { .int(Int64($0.number)) }.sorted { ($0.intValue ?? 0) < ($1.intValue ?? 0) })
        }
        return .compact([
            "schema": "caseboard.run/1",
            "news": .bool(isNews),
            "read": [
                "events": .int(Int64(collected.events)), "log_records": .int(Int64(collected.records)),
                "samples": .int(Int64(collected.samples)),
                "spans": .int(Int64(collected.spans)), "tests": .int(Int64(collected.tests)),
            ],
            "redactions": .object(collected.redactions.mapValues { .int(Int64($0)) }),
            "signals_derived": .int(Int64(signals)),
            "dead_letters": .int(Int64(collected.deadLetters)),
            "failures": .strings(collected.failures + delivered.failures),
            "investigations": ["opened": numbers(cases.opened), "updated": numbers(cases.updated), "resolved": numbers(cases.resolved)],
            "files_written": .int(Int64(filesWritten)),
            "digests_delivered": .int(Int64(delivered.sent)),
            "board": board.map { .string($0) },
        ])
    }
}
