import Model

/// Reads a trace as Tempo gives it (<https://grafana.com/docs/tempo/latest/api_docs/>): OTLP, in `trace` of its second version, with
/// `batches` in place of `resourceSpans` of its first.
package enum TempoReader {
    /// `stack` reads the frames out of an exception's stack trace.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin, stack: @Sendable (String) -> StackSummary? = { _ in nil }
    ) -> Reading {
        var collector = SpanCollector(document: document)
        let outcome = JSONReader.withDocument(bytes) { root in
            let trace = root["trace"] ?? root
            OTLPReader.read(trace["batches"] ?? trace, into: &collector, stack)
        }
        if case .failure(let problem) = outcome { collector.refuse(problem) }
        return collector.finished()
    }

    /// Nil when the bytes are one whole trace; else why not.
    package static func fault(_ bytes: UnsafeRawBufferPointer) -> String? {
        let found = JSONReader.withDocument(bytes) { root in
            let trace = root["trace"] ?? root
            return root["trace"] != nil || trace["batches"]?.isArray == true || trace["resourceSpans"]?.isArray == true
        }
        switch found {
        case .success(let isTrace): return isTrace ? nil : "it is JSON of another kind"
        case .failure(let problem): return "the answer is not JSON: \(problem.reason)"
        }
    }
}
