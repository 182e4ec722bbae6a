/// A moment in UTC, in integer milliseconds since 1970-01-01T00:00:00Z.
///
/// Everything Caseboard stores or prints goes through this type, so that the same facts give the same bytes on every
/// machine and in every time zone. The calendar is the proleptic Gregorian one (Howard Hinnant, "chrono-compatible
/// low-level date algorithms").
package struct Instant: Hashable, Comparable, Sendable {
    package var ms: Int64

    package init(ms: Int64) { self.ms = ms }

    package static func < (left: Instant, right: Instant) -> Bool { left.ms < right.ms }

    /// Years 0001 to 9999: what RFC 3339 can say. Readers reject moments outside.
    package static let representable = Instant(ms: -62_135_596_800_000)...Instant(ms: 253_402_300_799_999)

    package static func + (instant: Instant, ms: Int64) -> Instant { Instant(ms: instant.ms &+ ms) }
    package static func - (instant: Instant, ms: Int64) -> Instant { Instant(ms: instant.ms &- ms) }
    /// The distance in milliseconds, positive when `later` is later.
    package static func - (later: Instant, earlier: Instant) -> Int64 { later.ms &- earlier.ms }

    /// Without its fraction of a second: what two sources say of one moment when one of them tells whole seconds only.
    package var wholeSecond: Instant { Instant(ms: ms.floorDivided(by: 1_000) &* 1_000) }
    /// Whole minutes since the epoch, rounded down; the grain of log and span counts.
    package var minute: Int64 { ms.floorDivided(by: 60_000) }
    /// Whole days since the epoch, rounded down; the grain of signal derivation and of the timeline pages.
    package var day: Int64 { ms.floorDivided(by: 86_400_000) }
}

extension Int64 {
    /// Division rounding towards negative infinity. `divisor` is positive.
    package func floorDivided(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : (self + 1) / divisor - 1
    }
    package static let minuteMs: Int64 = 60_000
    package static let hourMs: Int64 = 3_600_000
    package static let dayMs: Int64 = 86_400_000
}

// MARK: - Calendar

/// A date and time of day in UTC.
package struct CivilTime: Hashable, Sendable {
    package var year: Int
    package var month: Int  // 1...12
    package var day: Int  // 1...31
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var millisecond: Int
    /// 0 is Sunday.
    package var weekday: Int

    package static let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    package static let weekdayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    package var monthName: String { Self.monthNames[(month - 1) % 12] }
    package var weekdayName: String { Self.weekdayNames[weekday % 7] }
}

extension Instant {
    /// Days since the epoch of a civil date; any month or day outside its range simply counts on.
    @inlinable
    package static func daysFromCivil(year: Int, month: Int, day: Int) -> Int64 {
        let y = Int64(month <= 2 ? year - 1 : year)
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let shifted = Int64(month + (month > 2 ? -3 : 9))
        let dayOfYear = (153 * shifted + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    package static func civil(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, millisecond: Int = 0
    ) -> Instant {
        let days = daysFromCivil(year: year, month: month, day: day)
        let seconds = days * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
        return Instant(ms: seconds * 1_000 + Int64(millisecond))
    }

    /// The date and time of day; a moment outside of `representable` is shown as the nearest inside.
    package var civil: CivilTime {
        let ms = min(max(self.ms, Self.representable.lowerBound.ms), Self.representable.upperBound.ms)
        let days = ms.floorDivided(by: .dayMs)
        let inDay = ms - days * .dayMs
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = Int(shifted < 10 ? shifted + 3 : shifted - 9)
        let year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        return CivilTime(
            year: year, month: month, day: Int(dayOfYear - (153 * shifted + 2) / 5 + 1),
            hour: Int(inDay / .hourMs), minute: Int(inDay / .minuteMs % 60), second: Int(inDay / 1_000 % 60),
            millisecond: Int(inDay % 1_000), weekday: Int(((days % 7) + 11) % 7))
    }
}

// MARK: - Text

extension Instant {
    /// `2026-11-22T14:04:12Z`, with `.123` before the `Z` when the milliseconds are not zero.
    package var rfc3339: String {
        let c = civil
        return String(unsafeUninitializedCapacity: 24) { out in
            Instant.digits(c.year, 4, at: 0, of: out)
            out[4] = 45
            Instant.digits(c.month, 2, at: 5, of: out)
            out[7] = 45
            Instant.digits(c.day, 2, at: 8, of: out)
            out[10] = 84
            Instant.clock(c, at: 11, of: out)
            if c.millisecond != 0 {
                out[19] = 46
                Instant.digits(c.millisecond, 3, at: 20, of: out)
            }
            let end = c.millisecond == 0 ? 19 : 23
            out[end] = 90
            return end + 1
        }
    }
    /// `14:04:12`
    package var clock: String {
        let c = civil
        return String(unsafeUninitializedCapacity: 8) { out in
            Instant.clock(c, at: 0, of: out)
            return 8
        }
    }
    private static func clock(_ c: CivilTime, at place: Int, of out: UnsafeMutableBufferPointer<UInt8>) {
        digits(c.hour, 2, at: place, of: out)
        out[place + 2] = 58
        digits(c.minute, 2, at: place + 3, of: out)
        out[place + 5] = 58
        digits(c.second, 2, at: place + 6, of: out)
    }
    /// A civil field as decimal digits; none of them is negative or wider than its place.
    private static func digits(_ value: Int, _ width: Int, at place: Int, of out: UnsafeMutableBufferPointer<UInt8>) {
        var rest = value
        for index in (place..<place + width).reversed() {
            out[index] = UInt8(truncatingIfNeeded: rest % 10 + 48)
            rest /= 10
        }
    }
    /// `14:04`
    package var clockMinute: String {
        let c = civil
        return "\(padded(c.hour, 2)):\(padded(c.minute, 2))"
    }
    /// `2026-11-22`
    package var date: String {
        let c = civil
        return "\(padded(c.year, 4))-\(padded(c.month, 2))-\(padded(c.day, 2))"
    }
    /// `Sun 22 Nov 14:10`, with the year when it differs from that of `reference`.
    package func readable(asOf reference: Instant) -> String {
        let c = civil
        let year = c.year == reference.civil.year ? "" : " \(c.year)"
        return "\(c.weekdayName) \(c.day) \(c.monthName)\(year) \(clockMinute)"
    }
    /// `Sun, 22 Nov 2026 14:10:00 +0000`, the date of RFC 5322.
    package var rfc5322: String {
        let c = civil
        return "\(c.weekdayName), \(c.day) \(c.monthName) \(padded(c.year, 4)) \(clock) +0000"
    }

    /// Reads RFC 3339 (`T`, `t` or a blank between date and time; any fraction; `Z` or an offset; without an offset
    /// it is UTC) or a bare date. Nil when it is anything else or outside `representable`.
    package init?(rfc3339 text: some StringProtocol) {
        var text = String(text)
        guard let read = text.withUTF8({ Instant.read(rfc3339: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = read
    }

    /// The same over borrowed bytes, without allocating.
    package static func read(rfc3339 bytes: UnsafeRawBufferPointer) -> Instant? {
        func number(_ at: Int, _ count: Int) -> Int? {
            guard at + count <= bytes.count else { return nil }
            var value = 0
            for index in at..<at + count {
                let digit = Int(bytes[index]) - 48
                guard digit >= 0 && digit <= 9 else { return nil }
                value = value * 10 + digit
            }
            return value
        }
        func byte(_ at: Int) -> UInt8 { at < bytes.count ? bytes[at] : 0 }
        guard let year = number(0, 4), byte(4) == 45, let month = number(5, 2), byte(7) == 45, let day = number(8, 2),
            (1...12).contains(month), (1...daysInMonth(year, month)).contains(day), year >= 1
        else { return nil }
        if bytes.count == 10 { return .civil(year: year, month: month, day: day) }
        guard byte(10) == 84 || byte(10) == 116 || byte(10) == 32, let hour = number(11, 2), byte(13) == 58,
            let minute = number(14, 2), hour < 24, minute < 60
        else { return nil }
        var at = 16
        var second = 0
        var millisecond = 0
        if byte(at) == 58 {
            guard let read = number(at + 1, 2), read <= 60 else { return nil }
            second = read
            at += 3
            if byte(at) == 46 || byte(at) == 44 {
                at += 1
                var scale = 100
                let start = at
                while byte(at) >= 48 && byte(at) <= 57 {
                    millisecond += scale * Int(byte(at) - 48)
                    scale /= 10
                    at += 1
                }
                guard at > start else { return nil }
            }
        }
        var offsetMinutes = 0
        switch byte(at) {
        case 0 where at == bytes.count: break
        case 90, 122: at += 1
        case 43, 45:
            let colon = byte(at + 3) == 58
            guard let hours = number(at + 1, 2), let minutes = number(at + (colon ? 4 : 3), 2), hours < 24, minutes < 60
            else { return nil }
            offsetMinutes = (byte(at) == 43 ? 1 : -1) * (hours * 60 + minutes)
            at += colon ? 6 : 5
        default: return nil
        }
        guard at == bytes.count else { return nil }
        let local = Instant.civil(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, millisecond: millisecond)
        let instant = local - Int64(offsetMinutes) * .minuteMs
        return representable.contains(instant) ? instant : nil
    }

    /// Days of a month in the Gregorian calendar.
    package static func daysInMonth(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Epoch seconds, milliseconds, microseconds or nanoseconds, told apart by magnitude: up to 1e11 seconds
    /// (the year 5138), up to 1e14 milliseconds, up to 1e17 microseconds, else nanoseconds.
    package init?(epoch value: Double) {
        guard value.isFinite else { return nil }
        let magnitude = abs(value)
        let ms = magnitude < 1e11 ? value * 1e3 : magnitude < 1e14 ? value : magnitude < 1e17 ? value / 1e3 : value / 1e6
        guard abs(ms) < 2.6e14 else { return nil }
        let instant = Instant(ms: Int64(ms.rounded(.down)))
        guard Instant.representable.contains(instant) else { return nil }
        self = instant
    }

    /// RFC 3339 or epoch digits, as `BUNDLE.md` allows everywhere.
    package init?(text: some StringProtocol) {
        if let read = Instant(rfc3339: text) {
            self = read
        } else if let number = Double(text), let read = Instant(epoch: number) {
            self = read
        } else {
            return nil
        }
    }
}

extension Instant: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let read = Instant(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "`\(text)` is not an RFC 3339 time")
        }
        self = read
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }
}

/// Durations as people write them in settings and options: a whole number and a unit.
package enum DurationText {
    /// `250ms`, `90s`, `15m` or `15min`, `2h`, `7d`, `4w` in milliseconds; nil for anything else.
    package static func milliseconds(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).filter { $0 != " " }
        let units: [String: Int64] = ["ms": 1, "s": 1_000, "m": .minuteMs, "min": .minuteMs, "h": .hourMs, "d": .dayMs, "w": 7 * .dayMs]
        guard let count = Int64(digits), count <= 1_000_000_000, let size = units[unit] else { return nil }
        return count &* size
    }
}

/// Durations as people say them: two units at most, `36 m 48 s`, `20 min`, `6 h 30 min`, `2 d 4 h`.
package func readableDuration(ms: Int64) -> String {
    let seconds = max(0, ms) / 1_000
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 600 && seconds % 60 != 0 { return "\(seconds / 60) m \(padded(Int(seconds % 60), 2)) s" }
    let minutes = seconds / 60
    if minutes < 60 { return "\(minutes) min" }
    let hours = minutes / 60
    if hours < 24 { return minutes % 60 == 0 ? "\(hours) h" : "\(hours) h \(minutes % 60) min" }
    let days = hours / 24
    return hours % 24 == 0 ? "\(days) d" : "\(days) d \(hours % 24) h"
}

/// Decimal digits with leading zeros; never shorter than `width`.
package func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value.magnitude)
    if value >= 0 && digits.utf8.count >= width { return digits }
    return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
