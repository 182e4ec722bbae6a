import Model

/// Which operation of another service answered last to each span: what a request knew when it went on, or stopped.
struct LastAnswers {
    private struct Answer {
        var startMs: Int64
        var child: RequestPatterns.Child
    }
    private struct Place: Hashable {
        var trace: UInt64
        var service: Int
    }
    static let mostAbove = 64
    private var bySpan: [UInt64: Answer] = [:]
    private var byTrace: [Place: Answer] = [:]

    init(_ spans: [Span], _ forest: TraceForest, _ services: ServiceNumbers) {
        for linked in forest.linked {
            let span = spans[linked.span]
            guard let callee = services[span.service] else { continue }
            let answer = Answer(startMs: span.start.ms, child: RequestPatterns.Child(service: callee, text: span.operation))
            var above = linked.parent
            var depth = 0
            var caller: Int?
            // All spans of the calling service above the call know its answer.
            while let place = above, depth < Self.mostAbove {
                let parent = spans[forest.linked[place].span]
                guard let service = services[parent.service], service != callee, caller == nil || caller == service else { break }
                caller = service
                Self.keep(answer, in: &bySpan, at: Self.hash(parent.spanID))
                Self.keep(answer, in: &byTrace, at: Place(trace: Self.hash(parent.traceID), service: service))
                above = forest.linked[place].parent
                depth += 1
            }
        }
    }

    /// The last answer to the request that a line speaks of: by its span, or where it names none, by its trace and service.
    func answer(to line: TracedLine, of service: Int) -> RequestPatterns.Child? {
        (line.span == 0 ? byTrace[Place(trace: line.trace, service: service)] : bySpan[line.span])?.child
    }

    /// As `TracedLine` has it.
    private static func hash(_ id: String) -> UInt64 { hashed(id) | 1 }

    private static func keep<Key: Hashable>(_ answer: Answer, in answers: inout [Key: Answer], at key: Key) {
        guard let known = answers[key] else { return answers[key] = answer }
        if (known.startMs, known.child.service, known.child.text) < (answer.startMs, answer.child.service, answer.child.text) {
            answers[key] = answer
        }
    }
}
