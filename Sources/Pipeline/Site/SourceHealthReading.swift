import Model
import Store

/// A configured source, or the inbox once something came from it, with what the store remembers of it.
struct DeclaredSource {
    var name: String
    var kind: String
    /// Nil when it never gave anything.
    var stats: SourceStats?
    var breaker: CircuitBreaker

    /// In the order of the configuration.
    static func all(_ context: RunContext) throws -> [DeclaredSource] {
        let stats = Dictionary(
            try context.store.sourceStats(now: context.now).map { ($0.origin, $0) }, uniquingKeysWith: { first, _ in first })
        let inbox = stats["inbox"] == nil ? [] : [(name: "inbox", kind: "events")]
        return try (context.configuration.sources.map { (name: $0.name, kind: $0.kind) } + inbox).map {
            DeclaredSource(name: $0.name, kind: $0.kind, stats: stats[$0.name], breaker: try context.store.breaker(origin: $0.name))
        }
    }
}

/// How each configured source is doing, from what the store remembers of it.
struct SourceHealthReading {
    private let context: RunContext
    init(_ context: RunContext) { self.context = context }

    func sources() throws -> [SourceHealth] {
        try DeclaredSource.all(context).map { source in
            let (stats, breaker) = (source.stats, source.breaker)
            var state = SourceHealth.State.well
            var remark = ""
            if let error = breaker.lastError {
                state = breaker.state(at: context.now) == .open ? .stopped : .failing
                remark = error
            } else if let dead = stats?.deadLetterCount, dead > 0 {
                state = .failing
                let letter = try context.store.deadLetters(origin: source.name, limit: 1).first?.letter
                let file = letter?.place.split(separator: "/").last ?? ""
                remark = letter.map { "\(file): \($0.reason)" } ?? ""
            } else if (stats?.readCount ?? 0) == 0 {
                state = .empty
                remark = "nothing read yet"
            }
            return SourceHealth(
                name: source.name, kind: source.kind, state: state, remark: remark, recent: stats?.recent ?? [], newestAt: stats?.newestAt,
                readCount: stats?.readCount ?? 0, deadLetterCount: stats?.deadLetterCount ?? 0)
        }
    }
}
