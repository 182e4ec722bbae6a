import Model
import Testing

@testable import Formats

struct LogTimeTests {
    private static let reference = LogFixture.reference

    private func read(_ text: String, offsetMinutes: Int = 0, reference: Instant = reference) -> (
        text: String, shape: LogTime.Shape, end: Int
    )? {
        var time = LogTime(referenceTime: reference, offsetMinutes: offsetMinutes)
        let bytes = Array(text.utf8)
        let end = bytes.withUnsafeBufferPointer { time.scan(ByteScanner($0.baseAddress!, end: bytes.count), 0) }
        return end < 0 ? nil : (Instant(ms: time.ms).rfc3339, time.shape, end)
    }

    @Test(arguments: [
        ("2016-10-06T00:17:09.669794202Z", "2016-10-06T00:17:09.669Z"), ("2024-01-05 07:08:09,5 x", "2024-01-05T07:08:09.500Z"),
        ("2024/1/5 7:08:09", "2024-01-05T07:08:09Z"), ("2024-01-05T07:08:09+02:00", "2024-01-05T05:08:09Z"),
        ("2024-01-05 07:08:09 -0730", "2024-01-05T14:38:09Z"), ("2024-01-05 07:08", "2024-01-05T07:08:00Z"),
        ("2005-06-03-15.42.50.675872", "2005-06-03T15:42:50.675Z"), ("2024-01-05_07:08:09", "2024-01-05T07:08:09Z"),
        ("2024-01-05 07:08:09 UTC", "2024-01-05T07:08:09Z"), ("2024-01-05 07:08:09 CET", "2024-01-05T06:08:09Z"),
        ("20171223-22:15:29:606", "2017-12-23T22:15:29.606Z"), ("20240101T101500Z", "2024-01-01T10:15:00Z"),
        ("20120702.102240,672", "2012-07-02T10:22:40.672Z"), ("Jun 14 15:16:01", "2026-06-14T15:16:01Z"),
        ("Jun  4 15:16:01.25", "2026-06-04T15:16:01.250Z"), ("Dec 31 23:59:59", "2025-12-31T23:59:59Z"),
        ("Wed Jul 27 10:59:53 2005", "2005-07-27T10:59:53Z"), ("Wed May 19 08:00:01 EST 2021", "2021-05-19T13:00:01Z"),
        ("Jan 02 2024 10:00:00", "2024-01-02T10:00:00Z"), ("Jan 2, 2024 1:02:03 PM", "2024-01-02T13:02:03Z"),
        ("Tue, 03 Sep 2024 10:00:00 GMT", "2024-09-03T10:00:00Z"), ("20/Jul/2009:22:59:26 +0000]", "2009-07-20T22:59:26Z"),
        ("01 Jan 2024 00:00:00.123 *", "2024-01-01T00:00:00.123Z"), ("01-Jan-2024 00:00:00", "2024-01-01T00:00:00Z"),
        ("03-17 16:13:38.811", "2026-03-17T16:13:38.811Z"), ("10.30 16:49:06]", "2026-10-30T16:49:06Z"),
        ("10/30/2024 4:05:06 PM", "2024-10-30T16:05:06Z"), ("30.10.2024 16:05:06", "2024-10-30T16:05:06Z"),
        ("17/06/09 20:10:40", "2017-06-09T20:10:40Z"), ("081109 203615", "2008-11-09T20:36:15Z"),
        ("080417 10:12:13", "2008-04-17T10:12:13Z"), ("1117838570 x", "2005-06-03T22:42:50Z"),
        ("1428634687123", "2015-04-10T02:58:07.123Z"), ("1428634687123456", "2015-04-10T02:58:07.123Z"),
        ("1428634687.5", "2015-04-10T02:58:07.500Z"), ("2024-02-29 00:00:00", "2024-02-29T00:00:00Z"),
        ("2015-04-24T21:08:10.313913FOO err", "2015-04-24T21:08:10.313Z"),
    ])
    func `a time is read`(text: String, expected: String) throws {
        let found = try #require(read(text))
        #expect(found.text == expected)
        #expect(found.shape == .moment)
    }

    @Test(arguments: [
        "", "2024-13-01 00:00:00", "2023-02-29 00:00:00", "2024-01-01T25:00:00Zx", "10.30.16.49", "1.2.3", "12:30", "May be", "Mon",
        "Jun 14",
        "123456789012", "99/99/99 10:00:00", "2024x01x01", "Jun 31 10:00:00", "1112223334abc", "12345678901234567890", "5 apples", "-1",
    ])
    func `what is no time is not taken for one`(text: String) {
        let found = text.isEmpty ? nil : read(text)
        #expect(found == nil || found?.shape != .moment)
    }

    @Test func `a date and a clock alone are told from a moment`() throws {
        let date = try #require(read("2005.06.03 x"))
        #expect(date.shape == .date && date.text == "2005-06-03T00:00:00Z" && date.end == 10)
        let clock = try #require(read("10:22:40,672 x"))
        #expect(clock.shape == .clock && clock.text == "1970-01-01T10:22:40.672Z" && clock.end == 12)
    }

    @Test(arguments: [
        ("Nov 22 12:00:00", "2026-11-22T12:00:00Z"), ("Nov 23 12:00:00", "2026-11-23T12:00:00Z"),
        ("Nov 23 12:00:01", "2025-11-23T12:00:01Z"),
        ("Nov 24 00:00:00", "2025-11-24T00:00:00Z"), ("Jan 1 00:00:00", "2026-01-01T00:00:00Z"),
        ("Feb 29 00:00:00", "2024-02-29T00:00:00Z"),
    ])
    func `a time without a year is the latest not more than a day after the reference`(text: String, expected: String) {
        #expect(read(text)?.text == expected)
    }

    @Test func `the new year is placed on both sides of midnight`() {
        let newYear = Instant(rfc3339: "2027-01-01T00:00:10Z")!
        #expect(read("Dec 31 23:59:59", reference: newYear)?.text == "2026-12-31T23:59:59Z")
        #expect(read("Jan  1 00:00:05", reference: newYear)?.text == "2027-01-01T00:00:05Z")
        let oldYear = Instant(rfc3339: "2026-12-31T23:59:50Z")!
        #expect(read("Jan  1 00:00:05", reference: oldYear)?.text == "2027-01-01T00:00:05Z")
    }

    @Test func `a time without a zone is in the configured one`() {
        #expect(read("2024-01-05 07:08:09", offsetMinutes: 120)?.text == "2024-01-05T05:08:09Z")
        #expect(read("2024-01-05 07:08:09Z", offsetMinutes: 120)?.text == "2024-01-05T07:08:09Z")
        #expect(read("Jun 14 15:16:01", offsetMinutes: -300)?.text == "2026-06-14T20:16:01Z")
    }

    @Test func `the time ends where the next column begins`() {
        #expect(read("2012-07-02 10:22:40,672:DEBUG:x")?.end == 23)
        #expect(read("2024-01-05 07:08:09 INFO")?.end == 19)
        #expect(read("2024-01-05 07:08:09 - INFO")?.end == 19)
        #expect(read("2024-01-05 07:08:09 -12345")?.end == 19)
        #expect(read("Jun 14 15:16:01 2005 x")?.end == 15)
    }

    @Test(
        arguments: [
            ("1795341600", 1_795_341_600_000), ("1795341600.123456", 1_795_341_600_123), ("1795341600123", 1_795_341_600_123),
            ("1795341600123456", 1_795_341_600_123), ("1795341600123456789", 1_795_341_600_123), ("1.7953416e9", 1_795_341_600_000),
            ("0", 0),
            ("99999999999999999999", nil), ("9999999999999999999", nil), ("1e999", nil), ("-5", nil), ("12x", nil), ("", nil),
        ] as [(String, Int64?)])
    func `an epoch is told by its magnitude`(text: String, expected: Int64?) {
        let bytes = Array(text.utf8) + [0]
        let ms = bytes.withUnsafeBufferPointer { LogTime.epochMs(ByteScanner($0.baseAddress!, end: bytes.count - 1), 0, bytes.count - 1) }
        #expect(ms == expected)
    }

    @Test func `a bare clock passes midnight with the lines`() {
        let time = LogTime(referenceTime: Self.reference, offsetMinutes: 0)
        let before = Instant(rfc3339: "2026-11-21T23:59:59Z")!.ms
        #expect(Instant(ms: time.moment(ofClockMs: 1_000, after: before)).rfc3339 == "2026-11-22T00:00:01Z")
        #expect(Instant(ms: time.moment(ofClockMs: 86_398_000, after: before + 2_000)).rfc3339 == "2026-11-21T23:59:58Z")
    }
}
