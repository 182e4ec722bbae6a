import Connectors
import Foundation
import Model
import Store

/// `caseboard breaker`: which sources are left alone, why, until when.
package enum BreakerPanel {
    package static func status(_ workspace: Workspace, now: Instant) throws -> Answer {
        let names = try sourceNames(workspace)
        let store =
            FileExists.at(workspace.database)
            ? try CaseStore.open(path: workspace.database.plainPath, createIfMissing: false, readOnly: true) : nil
        let breakers = try names.map { (name: $0, breaker: try store?.breaker(origin: $0) ?? CircuitBreaker()) }
        let lines = breakers.map { name, breaker in
            let state = breaker.state(at: now)
            var line = Line("\(CaseQueries.pad(name, 16)) ", .strong) + Line(state.words, state.role)
            if let openedAt = breaker.openedAt, state == .open {
                line = line + Line(" until \((openedAt + CircuitBreaker.openMs).rfc3339)")
            }
            if breaker.consecutiveFailures > 0 { line = line + Line(", \(counted(breaker.consecutiveFailures, "failure")) in a row") }
            if let error = breaker.lastError { line = line + Line(": \(error)", .medium) }
            return line
        }
        return Answer(
            lines: lines,
            json: [
                "schema": "caseboard.breakers/1",
                "breakers": .array(
                    breakers.map { name, breaker in
                        .compact([
                            "source": .string(name), "state": .string(breaker.state(at: now).rawValue),
                            "consecutive_failures": .int(Int64(breaker.consecutiveFailures)),
                            "opened_at": breaker.openedAt.map { .string($0.rfc3339) }, "last_error": breaker.lastError.map { .string($0) },
                        ])
                    }),
            ], exitCode: breakers.contains { $0.breaker.openedAt != nil } ? 1 : 0)
    }

    /// Closes the breakers of these sources, or of all: the next run asks again.
    package static func reset(_ workspace: Workspace, sources: [String]) throws -> Answer {
        let names = try sourceNames(workspace)
        for source in sources where !names.contains(source) {
            throw PipelineError.noSuchSource(source, nearest: nearestName(to: source, among: names))
        }
        let lock = try RunLock(workspace.lock)
        defer { withExtendedLifetime(lock) {} }
        var reset: [String] = []
        if FileExists.at(workspace.database) {
            let store = try CaseStore.open(path: workspace.database.plainPath, createIfMissing: false)
            for name in sources.isEmpty ? names : sources where try store.breaker(origin: name) != CircuitBreaker() {
                try store.save(CircuitBreaker(), origin: name)
                reset.append(name)
            }
        }
        return Answer(
            lines: [Line(reset.isEmpty ? "every breaker was closed already" : "closed: \(reset.joined(separator: ", "))")],
            json: ["schema": "caseboard.breakers/1", "reset": .strings(reset)])
    }

    private static func sourceNames(_ workspace: Workspace) throws -> [String] {
        let configuration = try ConfigurationReader.read(workspace.configuration)
        return try ConfigurationBinding(configuration, workspace: workspace).connectors().map(\.name)
    }
}

extension CircuitBreaker.State {
    fileprivate var words: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half-open"
        }
    }
    fileprivate var role: Line.Role {
        switch self {
        case .closed: .good
        case .open: .high
        case .halfOpen: .medium
        }
    }
}
