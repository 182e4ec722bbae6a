import Model

extension CaseStore {
    /// Drops telemetry before a moment, and of the store's own papers what is older and done with: sent messages, resolved dead
    /// letters, runs. Events, investigations and the audit stay. Returns how many rows went, by table.
    package func prune(before moment: Instant) throws -> [String: Int] {
        let ms = moment.ms
        return try write { connection in
            [
                "log_count": try connection.run("DELETE FROM log_count WHERE minute < :minute", ["minute": .int(moment.minute)]),
                "log_exemplar": try connection.run("DELETE FROM log_exemplar WHERE at < :at", ["at": .int(ms)]),
                "log_request": try connection.run("DELETE FROM log_request WHERE minute < :minute", ["minute": .int(moment.minute)]),
                "metric_chunk": try connection.run(
                    "DELETE FROM metric_chunk WHERE hour < :hour", ["hour": .int(ms.floorDivided(by: .hourMs))]),
                "span": try connection.run("DELETE FROM span WHERE start_ms < :at", ["at": .int(ms)]),
                "dead_letter": try connection.run("DELETE FROM dead_letter WHERE resolved_at < :at", ["at": .int(ms)]),
                "receipt": try connection.run("DELETE FROM receipt WHERE at < :at", ["at": .int(ms)]),
                // The key stays, so that the same message is never sent again; its text goes.
                "outbox": try connection.run(
                    "UPDATE outbox SET payload = 'null', state = 'gone' WHERE state = 'sent' AND created_at < :at", ["at": .int(ms)]),
                "run": try connection.run("DELETE FROM run WHERE started_at < :at AND finished_at IS NOT NULL", ["at": .int(ms)]),
            ]
        }
    }
}
