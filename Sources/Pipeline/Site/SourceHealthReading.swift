import Model
import Store

/// How each configured source is doing, from what the store remembers of it.
struct SourceHealthReading {
    private let context: RunContext
    init(_ context: RunContext) { self.context = context }

    func sources() throws -> [SourceHealth] {
        let stats = Dictionary(
            try context.store.sourceStats(now: context.now).map { ($0.origin, $0) }, uniquingKeysWith: { first, _ in first })
        var declared = context.configuration.sources.map { (name: $0.name, kind: $0.kind) }
        if stats["inbox"] != nil { declared.append(("inbox", "events")) }
        return try declared.map { source in
            let stat = stats[source.name]
            let breaker = try context.store.breaker(origin: source.name)
            var state = SourceHealth.State.well
            var remark = ""
            if let error = breaker.lastError {
                state = breaker.state(at: context.now) == .open ? .stopped : .failing
                remark = error
            } else if let dead = stat?.deadLetterCount, dead > 0 {
                state = .failing
                let letter = try context.store.deadLetters(origin: source.name, limit: 1).first?.letter
                let file = letter?.place.split(separator: "/").last ?? ""
                remark = letter.map { "\(file): \($0.reason)" } ?? ""
            } else if (stat?.readCount ?? 0) == 0 {
                state = .empty
                remark = "nothing read yet"
            }
            return SourceHealth(
                name: source.name, kind: source.kind, state: state, remark: remark, recent: stat?.recent ?? [], newestAt: stat?.newestAt,
                readCount: stat?.readCount ?? 0, deadLetterCount: stat?.deadLetterCount ?? 0)
        }
    }
}
