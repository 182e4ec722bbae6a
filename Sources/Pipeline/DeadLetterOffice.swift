import Connectors
import Foundation
import Model
import Store

/// `caseboard dlq`: what could not be read or sent, and what becomes of it.
package enum DeadLetterOffice {
    /// Which letters a command is about.
    package struct Choice: Sendable {
        package var ids: [Int64]
        package var source: String?
        package var isAll: Bool
        package init(ids: [Int64] = [], source: String? = nil, isAll: Bool = false) {
            self.ids = ids
            self.source = source
            self.isAll = isAll
        }
    }
    private static let schema = "caseboard.dead-letters/1"
    private static let shown = 1_000

    package static func list(_ workspace: Workspace, source: String?, includeResolved: Bool, now: Instant) throws -> Answer {
        let letters = try open(workspace)?.deadLetters(origin: source, includeResolved: includeResolved) ?? []
        var lines: [Line] = letters.suffix(shown).map { letter in
            Line("\(letter.id)  ", .strong) + Line("\(letter.letter.origin)  ", .plain) + Line("\(letter.letter.place)  ", .faint)
                + Line(letter.letter.reason, letter.resolvedAt == nil ? .medium : .faint)
                + Line(letter.count > 1 ? " (\(grouped(Int(letter.count))) times)" : "", .faint)
        }
        if letters.count > shown { lines.append(Line("and \(grouped(letters.count - shown)) older ones", .faint)) }
        if letters.isEmpty { lines.append(Line("no dead letters", .good)) }
        return Answer(
            lines: lines,
            json: [
                "schema": .string(schema), "total": .int(Int64(letters.count)),
                "dead_letters": .array(letters.suffix(shown).map { json($0, withPayload: false) }),
            ])
    }

    package static func show(_ workspace: Workspace, id: Int64) throws -> Answer {
        let letter = try found(Choice(ids: [id]), in: try open(workspace)?.deadLetters(includeResolved: true) ?? [])[0]
        func line(_ name: String, _ value: String) -> [Line] {
            value.isEmpty ? [] : [Line(CaseQueries.pad(name, 10), .faint) + Line(value)]
        }
        var lines = [Line("dead letter \(letter.id)", .strong)] + line("source", letter.letter.origin) + line("place", letter.letter.place)
        lines += line("reason", letter.letter.reason) + line("remedy", letter.letter.remedy)
        lines += line("first", letter.firstAt.rfc3339) + line("last", letter.lastAt.rfc3339) + line("times", String(letter.count))
        lines += line("resolved", letter.resolvedAt?.rfc3339 ?? "")
        if !letter.letter.payload.isEmpty {
            lines += [""] + letter.letter.payload.split(separator: "\n", omittingEmptySubsequences: false).map { Line("  \($0)") }
        }
        return Answer(lines: lines, json: ["schema": "caseboard.dead-letter/1", "dead_letter": json(letter, withPayload: true)])
    }

    /// Makes the next run read or send again. A letter whose item comes in again broken is a letter again.
    package static func retry(_ workspace: Workspace, _ choice: Choice, now: Instant) throws -> Answer {
        let configuration = try ConfigurationReader.read(workspace.configuration)
        let connectors = try ConfigurationBinding(configuration, workspace: workspace).connectors()
        return try settle(workspace, choice, verb: "retried", now: now) { letter, store in
            if let number = outboxNumber(letter) {
                return try store.retryOutbox(number, at: now) ? nil : "the message is no longer in the outbox"
            }
            guard let connector = connectors.first(where: { $0.name == letter.letter.origin })?.connector else {
                return "no source is named `\(letter.letter.origin)` any more; drop the letter"
            }
            guard let items = connector.cursors(refetching: letter.letter.place) else {
                return "what a source of this kind has read is not read again; mend it where it comes from, and drop the letter"
            }
            for item in items { try store.removeCursor(origin: letter.letter.origin, item: item) }
            return nil
        }
    }

    /// Lets letters go for good.
    package static func drop(_ workspace: Workspace, _ choice: Choice, now: Instant) throws -> Answer {
        try settle(workspace, choice, verb: "dropped", now: now) { _, _ in nil }
    }

    // MARK: - Parts

    private static func open(_ workspace: Workspace) throws -> CaseStore? {
        guard FileExists.at(workspace.database) else { return nil }
        return try CaseStore.open(path: workspace.database.plainPath, createIfMissing: false, readOnly: true)
    }

    /// Does something to each letter and resolves it, unless there is a reason why not.
    private static func settle(
        _ workspace: Workspace, _ choice: Choice, verb: String, now: Instant, _ act: (StoredDeadLetter, CaseStore) throws -> String?
    ) throws -> Answer {
        let lock = try RunLock(workspace.lock)
        defer { withExtendedLifetime(lock) {} }
        guard FileExists.at(workspace.database) else { throw PipelineError.noSuchDeadLetter(choice.ids.first ?? 0, newest: nil) }
        let store = try CaseStore.open(path: workspace.database.plainPath, createIfMissing: false)
        var settled: [Int64] = []
        var refused: [(id: Int64, why: String)] = []
        for letter in try found(choice, in: try store.deadLetters()) {
            try store.transaction {
                if let why = try act(letter, store) {
                    refused.append((letter.id, why))
                } else {
                    try store.resolveDeadLetter(id: letter.id, at: now)
                    settled.append(letter.id)
                }
            }
        }
        var lines = [
            Line(
                "\(counted(settled.count, "dead letter")) \(verb)"
                    + (verb == "retried" && !settled.isEmpty ? "; the next run reads again" : ""))
        ]
        lines += refused.map { Line("\($0.id)  ", .strong) + Line($0.why, .medium) }
        return Answer(
            lines: lines,
            json: [
                "schema": .string(schema), "\(verb)": .array(settled.map { .int($0) }),
                "refused": .array(refused.map { ["id": .int($0.id), "why": .string($0.why)] }),
            ], exitCode: refused.isEmpty ? 0 : 1)
    }

    private static func found(_ choice: Choice, in letters: [StoredDeadLetter]) throws -> [StoredDeadLetter] {
        if choice.isAll { return letters }
        if let source = choice.source { return letters.filter { $0.letter.origin == source } }
        return try choice.ids.map { id in
            guard let letter = letters.first(where: { $0.id == id }) else {
                throw PipelineError.noSuchDeadLetter(id, newest: letters.last?.id)
            }
            return letter
        }
    }

    private static func outboxNumber(_ letter: StoredDeadLetter) -> Int64? {
        letter.letter.place.hasPrefix("outbox ") ? Int64(letter.letter.place.dropFirst("outbox ".count)) : nil
    }

    private static func json(_ letter: StoredDeadLetter, withPayload: Bool) -> JSONValue {
        .compact([
            "id": .int(letter.id), "source": .string(letter.letter.origin), "place": .string(letter.letter.place),
            "reason": .string(letter.letter.reason), "remedy": .string(letter.letter.remedy), "count": .int(letter.count),
            "first_at": .string(letter.firstAt.rfc3339), "last_at": .string(letter.lastAt.rfc3339),
            "resolved_at": letter.resolvedAt.map { .string($0.rfc3339) }, "payload": withPayload ? .string(letter.letter.payload) : nil,
        ])
    }
}
