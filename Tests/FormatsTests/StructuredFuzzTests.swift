import Formats
import Model
import TestKit
import Testing

/// As connectors read the entries of a store of logs.
private func logs(_ streams: [LogStream], _ refused: [Rejection], _ document: DocumentOrigin) -> Reading {
    var reading = Reading()
    reading.logs = streams.compactMap { LogEntryReader.read($0, from: document, offset: 0, firstLine: 1)?.batch }
    reading.rejections = refused
    return reading
}

/// Every reader of a structured document, with a document it reads.
private struct Subject: Sendable, CustomTestStringConvertible {
    var name: String
    var sample: String
    var read: @Sendable (UnsafeRawBufferPointer, DocumentOrigin) -> Reading
    var testDescription: String { name }

    static let all: [Subject] = [
        Subject(name: "JUnit", sample: StructuredSample.junit) { JUnitReader.read($0, from: $1) },
        Subject(name: "feed", sample: StructuredSample.atom) { FeedReader.read($0, from: $1) },
        Subject(name: "OTLP", sample: StructuredSample.otlp) { OTLPReader.read($0, from: $1) },
        Subject(name: "Zipkin", sample: StructuredSample.zipkin) { ZipkinReader.read($0, from: $1) },
        Subject(name: "Jaeger", sample: StructuredSample.jaeger) { JaegerJSONReader.read($0, from: $1) },
        Subject(name: "any trace", sample: StructuredSample.jaeger + "\n" + StructuredSample.zipkin) { TraceReader.read($0, from: $1) },
        Subject(name: "OpenMetrics", sample: StructuredSample.openMetrics) { OpenMetricsReader.read($0, from: $1) },
        Subject(name: "Prometheus text", sample: StructuredSample.openMetrics) { OpenMetricsReader.read($0, from: $1, isStrict: false) },
        Subject(name: "CSV", sample: StructuredSample.csv) { MetricCSVReader.read($0, from: $1) },
        Subject(name: "wide CSV", sample: "time,a.b,c\n1700000000,1,2\n1700000060,3,4\n") { MetricCSVReader.read($0, from: $1) },
        Subject(name: "topology", sample: "caller,callee\na,b\n\"c\",d\n") { TopologyReader.read($0, from: $1) },
        Subject(name: "Alertmanager", sample: StructuredSample.alertmanager) { AlertmanagerReader.read($0, from: $1) },
        Subject(name: "CloudEvents", sample: StructuredSample.cloudEvent) { CloudEventsReader.read($0, from: $1) },
        Subject(name: "git", sample: StructuredSample.gitLog) { GitLogReader.read($0, from: $1) },
        Subject(name: "tags", sample: "v1\0tag\0aaaaaaaa\0bbbbbbbb\01763820000\0s\n") { GitLogReader.readTags($0, from: $1) },
        Subject(name: "changes", sample: StructuredSample.commitLine + "\n" + StructuredSample.cloudEvent) {
            ChangeLinesReader.read($0, from: $1)
        },
        Subject(name: "Kubernetes", sample: StructuredSample.kubernetes) { KubernetesReader.read($0, from: $1) },
        Subject(name: "Tempo", sample: #"{"trace":\#(StructuredSample.otlp)}"#) { TempoReader.read($0, from: $1) },
        Subject(name: "Loki", sample: StructuredSample.loki) { bytes, document in
            let found = LokiReader.streams(bytes)
            return logs(found.streams.map { LokiReader.logs($0) }, found.refused, document)
        },
        Subject(name: "Elasticsearch", sample: StructuredSample.elasticsearch) { bytes, document in
            let found = ElasticsearchReader.answer(bytes, timeField: "@timestamp")
            return logs(ElasticsearchReader.streams(found.documents), found.refused, document)
        },
        Subject(name: "reports", sample: StructuredSample.report) { ReportLinesReader.read($0, from: $1) },
    ]
}

@Suite struct StructuredFuzzTests {
    @Test(arguments: Subject.all) fileprivate func `the sample is read without a refusal`(subject: Subject) {
        let reading = Array(subject.sample.utf8).withUnsafeBytes { subject.read($0, StructuredSample.document()) }
        #expect(reading.acceptedCount > 0)
        #expect(reading.rejections.isEmpty, "\(reading.rejections)")
    }

    @Test(arguments: Subject.all) fileprivate func `no mutation crashes a reader or makes more of it than there is`(subject: Subject) {
        var chance = SeededGenerator(seed: 7)
        let original = Array(subject.sample.utf8)
        for round in 0..<400 {
            let bytes = mutated(original, by: &chance)
            let reading = bytes.withUnsafeBytes { subject.read($0, StructuredSample.document()) }
            #expect(reading.acceptedCount <= bytes.count / 2 + 4, "seed 7, round \(round)")
            #expect(reading.rejections.count <= bytes.count + 2, "seed 7, round \(round)")
            for event in reading.events {
                #expect(event.title.unicodeScalars.count <= Limits.titleCharacters + 1, "seed 7, round \(round)")
                #expect(!event.title.unicodeScalars.contains { $0.isDangerous }, "seed 7, round \(round)")
                #expect(event.url.map { $0.lowercased().hasPrefix("http") || $0.lowercased().hasPrefix("mailto:") } ?? true)
                #expect(Instant.representable.contains(event.occurredAt), "seed 7, round \(round)")
            }
            #expect(reading.spans.allSatisfy { $0.durationUs >= 0 && $0.traceID.utf8.count == 32 && $0.spanID.utf8.count == 16 })
            #expect(reading.metrics.allSatisfy { $0.points.allSatisfy { $0.value.isFinite } })
            for batch in reading.logs {
                #expect(batch.records.allSatisfy { $0.message.upper <= batch.bytes.count && $0.record.upper <= batch.bytes.count })
            }
        }
    }

    @Test(arguments: Subject.all) fileprivate func `every beginning of a document is read without a crash`(subject: Subject) {
        let original = Array(subject.sample.utf8)
        for end in stride(from: 0, through: original.count, by: 7) {
            let reading = Array(original[..<end]).withUnsafeBytes { subject.read($0, StructuredSample.document()) }
            #expect(reading.acceptedCount <= end)
        }
    }

    @Test(arguments: Subject.all) fileprivate func `the same bytes give the same reading`(subject: Subject) {
        let readings = (0..<2).map { _ in
            Array(subject.sample.utf8).withUnsafeBytes { subject.read($0, StructuredSample.document()) }
        }
        #expect(readings[0].events == readings[1].events)
        #expect(readings[0].metrics == readings[1].metrics)
        #expect(readings[0].spans == readings[1].spans)
        #expect(readings[0].tests == readings[1].tests)
        #expect(readings[0].edges == readings[1].edges)
    }

    private func mutated(_ original: [UInt8], by chance: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        let pieces: [[UInt8]] = [
            [0], [0xFF], [0xC3], [34], [60], [62], [38], [123], [91], [93], [125], [44], [10], [13], [9], Array("9223372036854775808".utf8),
            Array("-1e308".utf8), Array("NaN".utf8), Array("\u{202E}".utf8), Array("\\u0000".utf8), Array("&#xD800;".utf8),
            Array("]]>".utf8),
            Array("0001-01-01T00:00:00Z".utf8), Array("9999-12-31T23:59:59.999-23:59".utf8), Array("javascript:".utf8),
        ]
        for _ in 0...Int.random(in: 0...6, using: &chance) {
            guard !bytes.isEmpty else { return bytes }
            let at = Int.random(in: 0..<bytes.count, using: &chance)
            switch Int.random(in: 0...5, using: &chance) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &chance)
            case 1: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...40, using: &chance)))
            case 2, 3: bytes.insert(contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &chance)], at: at)
            case 4: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 60)], at: Int.random(in: 0...bytes.count, using: &chance))
            default:
                // Replace a number by another piece.
                if let digit = bytes[at...].firstIndex(where: { $0 >= 48 && $0 <= 57 }) {
                    let end = bytes[digit...].firstIndex { $0 < 48 || $0 > 57 } ?? bytes.count
                    bytes.replaceSubrange(digit..<end, with: pieces[Int.random(in: 0..<pieces.count, using: &chance)])
                }
            }
        }
        return bytes
    }
}
