import Model

/// Reads `topology.csv`: who calls whom. With a header `caller,callee` (in any order, other columns ignored) by these names,
/// otherwise by the first two columns. Edges come out once each, sorted.
package enum TopologyReader {
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        guard bytes.count <= Limits.documentBytes else {
            reading.refuse("it is longer than \(Limits.documentBytes >> 20) MiB, the most that is read at once")
            return reading
        }
        var scanner = CSVScanner(bytes: bytes)
        var fields: [CSVScanner.Field] = []
        var caller = 0
        var callee = 1
        var isFirst = true
        var edges: Set<ServiceMap.Edge> = []
        while scanner.next(&fields) {
            if isFirst {
                isFirst = false
                let header = fields.map { scanner.text(of: $0).lowercased() }
                if let from = header.firstIndex(where: { ["caller", "source", "from", "parent"].contains($0) }),
                    let to = header.firstIndex(where: { ["callee", "target", "to", "child"].contains($0) })
                {
                    caller = from
                    callee = to
                    continue
                }
            }
            guard fields.count > max(caller, callee), let from = StructuredText.name(scanner.text(of: fields[caller])),
                let to = StructuredText.name(scanner.text(of: fields[callee]))
            else {
                reading.refuse("the row does not name a caller and a callee", line: scanner.line, excerpt: scanner.excerpt(fields))
                continue
            }
            if from != to { edges.insert(ServiceMap.Edge(caller: from, callee: to)) }
        }
        reading.edges = edges.sorted()
        return reading
    }
}
