import Model

/// Reads traces of any JSON shape (OTLP, Jaeger, Zipkin), one document or one a line, told apart by their keys.
package enum TraceReader {
    /// `stack` reads the frames out of an exception's stack trace.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin, stack: @Sendable (String) -> StackSummary? = { _ in nil }
    ) -> Reading {
        SpanCollector.read(bytes, from: document) { node, collector in read(node, into: &collector, stack) }
    }

    private static func read(_ node: JSONNode, into collector: inout SpanCollector, _ stack: @Sendable (String) -> StackSummary?) {
        if OTLPReader.accepts(node) {
            OTLPReader.read(node, into: &collector, stack)
        } else if JaegerJSONReader.accepts(node) {
            JaegerJSONReader.read(node, into: &collector, stack)
        } else if ZipkinReader.accepts(node) {
            ZipkinReader.read(node, into: &collector, stack)
        } else {
            collector.refuse("it is not a trace in OTLP, Jaeger or Zipkin JSON", excerpt: node)
        }
    }
}

/// What the readers of one trace document add to.
struct SpanCollector {
    var reading = Reading()
    var metrics = MetricTrackBuilder()
    var line: Int64 = 1
    let document: DocumentOrigin
    /// The trace id read last: the spans of a trace mostly stand together.
    private var lastTrace: (raw: [UInt8], id: String) = ([], "")
    /// Operations repeat; a table by hash saves making the same string again. A miss only costs a new string.
    private var names = [(raw: [UInt8], text: String)](repeating: ([], ""), count: 256)

    init(document: DocumentOrigin) { self.document = document }

    /// What `take` finds in one document, or in one a line.
    static func read(
        _ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin, _ take: (JSONNode, inout SpanCollector) -> Void
    ) -> Reading {
        var collector = SpanCollector(document: document)
        JSONReader.documents(bytes) { line, outcome in
            collector.line = line
            switch outcome {
            case .failure(let problem): collector.refuse(problem)
            case .success(let node): take(node, &collector)
            }
        }
        return collector.finished()
    }

    /// As `SpanFields.traceID`, without a new string for an id met just before.
    mutating func traceID(_ text: JSONText?) -> String? {
        guard let text else { return nil }
        if !lastTrace.raw.isEmpty, StructuredText.equal(text.bytes, lastTrace.raw) { return lastTrace.id }
        guard let id = SpanFields.traceID(text) else { return nil }
        lastTrace = (Array(text.bytes), id)
        return id
    }
    /// As `SpanFields.clean`, without a new string for a name met before.
    mutating func name(_ text: JSONText) -> String {
        var hash: UInt32 = 0x811C_9DC5  // FNV-1a
        for byte in text.bytes { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        let slot = Int((hash ^ hash >> 16) & 255)
        if StructuredText.equal(text.bytes, names[slot].raw) { return names[slot].text }
        let name = SpanFields.clean(text)
        names[slot] = (Array(text.bytes), name)
        return name
    }

    mutating func refuse(_ reason: String, excerpt node: JSONNode? = nil) {
        reading.refuse(reason, line: line, excerpt: StructuredText.title(node?.excerpt() ?? ""))
    }
    mutating func refuse(_ problem: JSONProblem) {
        reading.refuse(
            "this is not JSON: \(problem.reason)", line: line, offset: problem.offset.map { Int64($0) })
    }
    consuming func finished() -> Reading {
        reading.metrics += metrics.tracks()
        return reading
    }
}
