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
        JSONReader.kindFault(
            bytes, unless: { $0["trace"] != nil || $0["batches"]?.isArray == true || $0["resourceSpans"]?.isArray == true })
    }
}
