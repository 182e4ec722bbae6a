import Model
import Testing

@Suite struct InstantTests {
    @Test(
        arguments: [
            ("2026-11-22T14:04:12Z", 1_795_356_252_000), ("1970-01-01T00:00:00Z", 0), ("2024-02-29T23:59:59.250Z", 1_709_251_199_250),
            ("2026-11-22 14:04:12+02:00", 1_795_349_052_000), ("1969-12-31T23:59:59.999Z", -1),
        ] as [(String, Int64)])
    func `RFC 3339 is read to the millisecond`(text: String, ms: Int64) {
        #expect(Instant(rfc3339: text)?.ms == ms)
    }

    @Test(arguments: ["2026-02-30T00:00:00Z", "2026-13-01", "2026-11-22T25:00:00Z", "", "yesterday", "2026-11-22T14:04:12Zx"])
    func `what is not a time is refused`(text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test func `writing and reading again gives the same moment over two centuries`() {
        for step in 0..<4_000 {
            let instant = Instant(ms: -2_208_988_800_000 + Int64(step) * 1_577_847_123)
            #expect(Instant(rfc3339: instant.rfc3339) == instant)
        }
    }

    @Test func `epoch digits are told apart by magnitude`() {
        for text in ["1795356252", "1795356252000", "1795356252000000", "1795356252000000000"] {
            #expect(Instant(text: text)?.rfc3339 == "2026-11-22T14:04:12Z")
        }
    }

    @Test(
        arguments: [
            (5_000, "5 s"), (2_208_000, "36 min"), (128_000, "2 m 08 s"), (1_200_000, "20 min"), (23_400_000, "6 h 30 min"),
            (187_200_000, "2 d 4 h"),
        ] as [(Int64, String)])
    func `durations are said in two units at most`(ms: Int64, words: String) {
        #expect(readableDuration(ms: ms) == words)
    }

    @Test(
        arguments: [
            ("250ms", 250), ("90s", 90_000), ("15m", 900_000), ("15 min", 900_000), ("2h", 7_200_000), ("7d", 604_800_000),
            ("2w", 1_209_600_000),
        ] as [(String, Int64)])
    func `durations are read with their unit`(text: String, ms: Int64) {
        #expect(DurationText.milliseconds(text) == ms)
    }
    @Test(arguments: ["", "5", "h", "-5h", "5 years", "99999999999999999999h", "٣h", "5.5h"])
    func `what is not a duration is refused`(text: String) {
        #expect(DurationText.milliseconds(text) == nil)
    }
}
