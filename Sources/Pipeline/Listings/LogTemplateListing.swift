import Formats
import Foundation
import Model
import Signals
import Trust

/// `caseboard logs templates FILE`: each line of a log with its template. The file is read once, in pages; which leaf each line
/// has stands in a nameless file meanwhile, since templates are known only when all leaves are.
package enum LogTemplateListing {
    package static func write(
        _ file: String, format: RowFormat, now: Instant, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let input = try InputFile(file, now: now)
        let redactor = Redactor()
        var miner = LogTemplateMiner(redact: { redactor.redact($0) })
        let spool = try Spool(named: input.name)
        try read(input, &miner, spool)
        var writer = RowWriter(sink: sink)
        try write(miner.templates(), spool, format, &writer)
        try writer.flush()
    }

    /// The template of each line, in order: for measuring.
    package static func lines(_ file: String, now: Instant) throws -> [(id: Int64, text: String)] {
        let input = try InputFile(file, now: now)
        let redactor = Redactor()
        var miner = LogTemplateMiner(redact: { redactor.redact($0) })
        let spool = try Spool(named: input.name)
        try read(input, &miner, spool)
        let templates = miner.templates()
        var templateOfLeaf = [Int](repeating: 0, count: templates.reduce(0) { $0 + $1.leaves.count })
        for (index, template) in templates.enumerated() { for leaf in template.leaves { templateOfLeaf[Int(leaf)] = index } }
        var lines: [(id: Int64, text: String)] = []
        try spool.replay { piece in
            for leaf in piece.bindMemory(to: Int32.self) {
                let template = templates[templateOfLeaf[Int(leaf)]]
                lines.append((template.id, template.text))
            }
        }
        return lines
    }

    /// How a template's id is written.
    package static func text(ofID id: Int64) -> String { "t" + padded16(UInt64(bitPattern: id)) }
    private static func padded16(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 16 - digits.utf8.count)) + digits
    }

    // MARK: - Reading

    private static let headBytes = 256 << 10

    private static func read(_ input: InputFile, _ miner: inout LogTemplateMiner, _ spool: Spool) throws {
        guard let reader = try? LogReader(format: nil, pattern: nil, referenceTime: input.modifiedAt) else { return }
        let origin = DocumentOrigin(origin: "file", path: input.name, fallbackTime: input.modifiedAt)
        var pending: [UInt8] = []
        var layout: LogLayout?
        var offset: Int64 = 0
        var line: Int64 = 1
        var carriedMs: Int64?
        var isEnd = false
        while !isEnd {
            while pending.count < Limits.logPageBytes, !isEnd {
                isEnd = try !input.read(into: &pending, upTo: Limits.logPageBytes - pending.count)
            }
            if pending.isEmpty { break }
            let known = layout ?? pending.prefix(headBytes).withUnsafeBytes { reader.detect(head: $0) }
            layout = known
            let page = reader.read(
                pending, origin: origin, offset: offset, firstLine: line, layout: known, carriedTimeMs: carriedMs, isEnd: isEnd)
            guard page.consumedBytes > 0 || isEnd else {
                throw PipelineError.cannotRead(path: input.name, reason: "nothing in \(pending.count) bytes at byte \(offset) can be read")
            }
            let consumed = isEnd ? pending.count : page.consumedBytes
            try take(page.batch, upTo: consumed, &miner, spool)
            offset += Int64(consumed)
            line += page.consumedLines
            carriedMs = page.carriedTimeMs
            pending.removeFirst(consumed)
        }
    }

    /// The leaf of each line: of its message where a record begins, else of all of it.
    private static func take(_ batch: LogBatch, upTo end: Int, _ miner: inout LogTemplateMiner, _ spool: Spool) throws {
        var leaves: [Int32] = []
        batch.bytes.withUnsafeBufferPointer { bytes in
            var record = 0
            var at = 0
            while at < end {
                var newline = at
                while newline < end, bytes[newline] != 10 { newline += 1 }
                while record < batch.records.count, batch.records[record].record.lower < at { record += 1 }
                if record < batch.records.count, batch.records[record].record.lower <= newline, !batch.records[record].message.isAbsent {
                    let message = batch.records[record].message
                    leaves.append(miner.leaf(of: bytes, message.lower, message.upper))
                } else {
                    var stop = newline
                    while stop > at, bytes[stop - 1] == 13 || bytes[stop - 1] == 32 { stop -= 1 }
                    leaves.append(miner.leaf(of: bytes, at, stop))
                }
                at = newline + 1
            }
        }
        try leaves.withUnsafeBytes { try spool.append($0) }
    }

    // MARK: - Writing

    private static func write(
        _ templates: [LogTemplateMiner.Template], _ spool: Spool, _ format: RowFormat, _ writer: inout RowWriter
    ) throws {
        switch format {
        case .table: return try table(templates, &writer)
        case .csv: try writer.write("line,template_id,template\n")
        case .json:
            let all = templates.map { template -> JSONValue in
                ["template_id": .string(text(ofID: template.id)), "template": .string(template.text), "lines": .int(template.count)]
            }
            try writer.write("{\"schema\":\"caseboard.log-templates/1\",\"templates\":\(JSONValue.array(all).text),\"lines\":[")
        }
        // The end of each line's row, by leaf.
        var ends = [[UInt8]](repeating: [], count: templates.reduce(0) { $0 + $1.leaves.count })
        for template in templates {
            let id = text(ofID: template.id)
            let end =
                switch format {
                case .json: ",\"template\":\(JSONValue.string(template.text).text),\"template_id\":\"\(id)\"}"
                default: ",\(id),\(RowWriter.field(template.text))\n"
                }
            for leaf in template.leaves { ends[Int(leaf)] = Array(end.utf8) }
        }
        var line: Int64 = 0
        try spool.replay { piece in
            for leaf in piece.bindMemory(to: Int32.self) {
                line += 1
                if format == .json { try writer.write(line == 1 ? "{\"line\":" : ",{\"line\":") }
                try writer.write("\(line)")
                try writer.write(ends[Int(leaf)])
            }
        }
        if format == .json { try writer.write("]}\n") }
    }

    /// For people: the templates, the most lines first.
    private static func table(_ templates: [LogTemplateMiner.Template], _ writer: inout RowWriter) throws {
        let width = max(5, templates.map { String($0.count).utf8.count }.max() ?? 0)
        func row(_ count: String, _ id: String, _ text: String) -> String {
            String(repeating: " ", count: width - count.utf8.count) + count + "  " + CaseQueries.pad(id, 17) + "  " + text + "\n"
        }
        try writer.write(row("lines", "template_id", "template"))
        for template in templates.sorted(by: { ($1.count, $0.id) < ($0.count, $1.id) }) {
            try writer.write(row(String(template.count), text(ofID: template.id), template.text))
        }
    }
}
