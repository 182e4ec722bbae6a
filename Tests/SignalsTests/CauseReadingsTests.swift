import Model
import Testing

@testable import Signals

@Suite struct CauseReadingsTests {
    private let start: Int64 = 1_700_000_000_000

    /// A request each two seconds: front calls back, which works for some time.
    private func spans(_ range: Range<Int64>, gapMs: Int64 = 2, workMs: Int64 = 20, callsBack: Bool = true) -> [Span] {
        stride(from: range.lowerBound, to: range.upperBound, by: 2_000).flatMap { at -> [Span] in
            let trace = String(at)
            let whole = workMs + gapMs + 4
            func span(_ id: String, _ parent: String, _ service: String, _ name: String, _ from: Int64, _ ms: Int64) -> Span {
                Span(
                    traceID: trace, spanID: id, parentID: parent, service: service, instance: service + "-1", operation: name,
                    start: Instant(ms: from), durationUs: ms * 1_000)
            }
            let root = span("1", "", "front", "page", at, callsBack ? whole : 3)
            if !callsBack { return [root] }
            return [
                root, span("2", "1", "front", "client", at + 1, workMs + gapMs), span("3", "2", "back", "work", at + 1 + gapMs / 2, workMs),
            ]
        }
    }
    private func telemetry(_ spans: [Span], tracks: [MetricTrack] = [], lines: [TracedLine] = []) -> CaseTelemetry {
        CaseTelemetry(spans: spans, tracks: tracks, lines: lines, window: Instant(ms: start)...Instant(ms: start + 480_000))
    }
    private func best(_ reading: CauseReading?, _ channel: CauseChannel) -> ChannelEvidence? {
        reading?.evidence.filter { $0.channel == channel }.max { $0.value < $1.value }
    }
    private var quiet: [Span] { spans(start - 3_600_000..<start - 3_480_000) + spans(start..<start + 240_000) }

    @Test func `time lost between two services is the called one's`() {
        let slow = telemetry(quiet + spans(start + 240_000..<start + 480_000, gapMs: 400))
        let found = best(CauseReadings.read(slow, hint: Instant(ms: start + 240_000)).first, .time)
        #expect(found?.service == "back")
        #expect((found?.value ?? 0) > 0.6)
        #expect(found?.instance == "back-1")
    }

    @Test func `a slow operation is its own service's`() {
        let slow = telemetry(quiet + spans(start + 240_000..<start + 480_000, workMs: 300))
        #expect(best(CauseReadings.read(slow, hint: Instant(ms: start + 240_000)).first, .time)?.service == "back")
    }

    @Test func `a call that is no longer made accuses the caller, and by hearsay the callee`() {
        let lost = telemetry(quiet + spans(start + 240_000..<start + 480_000, callsBack: false))
        let reading = CauseReadings.read(lost, hint: Instant(ms: start + 240_000)).first
        let found = best(reading, .structure)
        #expect(found?.service == "front")
        #expect((found?.value ?? 0) > 0.5)
        #expect(reading?.evidence.first { $0.service == "back" && $0.channel == .structure }?.isHearsay == true)
    }

    @Test func `the moment is found without a hint`() {
        let slow = telemetry(quiet + spans(start + 240_000..<start + 480_000, workMs: 300))
        let first = CauseReadings.read(slow, hint: nil).first
        #expect(abs((first?.at.ms ?? 0) - (start + 240_000)) <= 30_000)
    }

    @Test func `quiet telemetry accuses nobody`() {
        let calm = telemetry(quiet + spans(start + 240_000..<start + 480_000))
        for reading in CauseReadings.read(calm, hint: Instant(ms: start + 240_000)) {
            #expect(reading.evidence.allSatisfy { $0.value < 0.1 })
        }
        #expect(CauseReadings.read(telemetry([]), hint: nil).isEmpty)
    }

    @Test func `the order of arrival changes nothing`() {
        let all = quiet + spans(start + 240_000..<start + 480_000, gapMs: 400)
        let hint = Instant(ms: start + 240_000)
        #expect(CauseReadings.read(telemetry(all), hint: hint) == CauseReadings.read(telemetry(all.reversed()), hint: hint))
    }

    @Test func `saturation is told from a metric against its own spikes`() {
        func track(_ service: String, _ level: Double) -> MetricTrack {
            var points: [MetricPoint] = []
            for minute in -60..<8 {
                // Quiet times end half an hour before.
                let away: Int64 = minute < 0 ? 1_800_000 : 0
                let base: Double = minute >= 4 ? level : 10
                let spike = Double((minute + 60) % 7)
                points.append(MetricPoint(timeMs: start + Int64(minute) * 60_000 - away, value: base + spike))
            }
            return MetricTrack(key: MetricKey(service: service, instance: service + "-1", metric: "cpu_usage"), points: points)
        }
        let busy = telemetry([], tracks: [track("calm", 10), track("busy", 80)])
        let found = best(CauseReadings.read(busy, hint: Instant(ms: start + 240_000)).first, .saturation)
        #expect(found?.service == "busy")
        #expect(found?.metric == "cpu_usage")
    }

    @Test func `a message that no longer follows accuses its service`() {
        let lines = (0..<200).flatMap { number -> [TracedLine] in
            let at = start + Int64(number) * 2_400 - (number < 60 ? 3_600_000 : 0)
            let first = TracedLine(service: "back", trace: UInt64(number + 1), timeMs: at, place: 1, leaf: 1, level: .info)
            let second = TracedLine(service: "back", trace: UInt64(number + 1), timeMs: at + 5, place: 2, leaf: 2, level: .info)
            return at >= start + 240_000 ? [first] : [first, second]
        }
        let found = best(CauseReadings.read(telemetry([], lines: lines), hint: Instant(ms: start + 240_000)).first, .pattern)
        #expect(found?.service == "back")
        #expect((found?.value ?? 0) > 0.5)
    }

    /// Requests each two seconds: front asks back, then store; from the cut on it goes another way after the answer of back, says so if
    /// it `knows`, and no longer asks store.
    private func wrongAnswers(knows: Bool) -> CaseTelemetry {
        var spans: [Span] = []
        var lines: [TracedLine] = []
        for number in 0..<200 {
            let at = start + Int64(number) * 2_400 - (number < 60 ? 3_600_000 : 0)
            let isWrong = at >= start + 240_000 && number % 7 != 0
            let trace = String(number)
            func span(_ id: String, _ parent: String, _ service: String, _ name: String, _ from: Int64, _ ms: Int64) {
                spans.append(
                    Span(
                        traceID: trace, spanID: trace + id, parentID: parent.isEmpty ? "" : trace + parent, service: service,
                        operation: name, start: Instant(ms: from), durationUs: ms * 1_000))
            }
            func line(_ leaf: Int64, _ from: Int64) {
                lines.append(
                    TracedLine(
                        service: "front", trace: hashed(trace) | 1, span: hashed(trace + "1") | 1, timeMs: from, place: from, leaf: leaf,
                        level: .info))
            }
            span("1", "", "front", "page", at, 40)
            span("2", "1", "front", "client", at + 1, 12)
            span("3", "2", "back", "work", at + 2, 10)
            line(1, at)
            if !isWrong {
                span("4", "1", "front", "client", at + 15, 12)
                span("5", "4", "store", "save", at + 16, 10)
            }
            if !isWrong { line(2, at + 30) } else if knows { line(3, at + 14) }
        }
        return telemetry(spans, lines: lines)
    }

    @Test func `where requests go another way after one answer, and say so, who gave it testifies`() throws {
        let reading = try #require(CauseReadings.read(wrongAnswers(knows: true), hint: Instant(ms: start + 240_000)).first)
        let found = try #require(reading.evidence.first { $0.service == "back" && $0.channel == .structure })
        #expect(!found.isHearsay)
        #expect(found.why.hasSuffix("after the answer of “work”"))
        let front = reading.evidence.first { $0.service == "front" && $0.channel == .structure }
        #expect(found.value > 0.8 * (front?.value ?? 1))
    }

    @Test func `where requests stop after one answer and nobody says why, it is hearsay`() throws {
        let reading = try #require(CauseReadings.read(wrongAnswers(knows: false), hint: Instant(ms: start + 240_000)).first)
        let found = try #require(reading.evidence.first { $0.service == "back" && $0.channel == .structure })
        #expect(found.isHearsay)
        #expect(found.value < 0.7 * (best(reading, .structure)?.value ?? 0))
    }

    @Test func `hostile numbers are survived`() {
        var spans = quiet
        spans.append(
            Span(traceID: "x", spanID: "1", parentID: "1", service: "a", operation: "", start: Instant(ms: .max), durationUs: .max))
        spans.append(
            Span(traceID: "x", spanID: "2", parentID: "3", service: "a", operation: "", start: Instant(ms: .min), durationUs: .min))
        spans.append(
            Span(traceID: "x", spanID: "3", parentID: "2", service: "b", operation: "", start: Instant(ms: start), durationUs: .max))
        let tracks = [
            MetricTrack(
                key: MetricKey(service: "a", metric: "cpu"),
                points: [
                    MetricPoint(timeMs: .min, value: .infinity), MetricPoint(timeMs: start, value: .nan),
                    MetricPoint(timeMs: .max, value: -.greatestFiniteMagnitude),
                    MetricPoint(timeMs: start + 1, value: .greatestFiniteMagnitude),
                ])
        ]
        for reading in CauseReadings.read(telemetry(spans, tracks: tracks), hint: Instant(ms: start + 240_000)) {
            #expect(reading.evidence.allSatisfy { (0...1).contains($0.value) })
        }
    }
}
