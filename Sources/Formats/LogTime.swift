import Model

/// Reads the times that programs write at the head of a line or in a `time` field.
///
/// Known forms: RFC 3339 and its relatives (`-`, `/` or `.` in the date; `T`, blank, `-`, `_`, `.` or `:` before the
/// clock; fractions behind `.`, `,` or `:`; zone as `Z`, offset or a common name), `yyyymmdd-h:m:s`, syslog's
/// `Mon dd [yyyy] hh:mm:ss`, `Wed Jul 27 10:59:53 2005`, `dd/Mon/yyyy:hh:mm:ss +zzzz`, `dd Mon yyyy`, `dd-Mon-yyyy`,
/// `mm/dd/yyyy`, `dd.mm.yyyy`, `yy/mm/dd`, `mm-dd hh:mm:ss`, `yymmdd hhmmss`, a bare clock, and epoch seconds,
/// milliseconds, microseconds or nanoseconds.
///
/// What a time leaves out is filled in: the zone from `offsetMs`, the year so that the time is the latest one not more
/// than a day after `referenceMs`. The last date is remembered, for neighbouring lines share it.
struct LogTime {
    /// What was found: a whole moment, a date without a clock, or a clock without a date.
    enum Shape { case moment, date, clock }

    let referenceMs: Int64
    /// What a time without a zone is ahead of UTC.
    let offsetMs: Int64
    /// Epoch milliseconds of the last time read; for a `clock` the milliseconds since midnight.
    private(set) var ms: Int64 = 0
    private(set) var shape = Shape.moment

    private var knownDate = -1
    private var knownDateMs: Int64 = 0
    private var knownYearlessDate = -1
    private var knownYearlessMs: Int64 = 0
    private var clockMs: Int64 = 0
    private var zoneMs: Int64 = 0

    private static let noDate = Int64.min

    init(referenceTime: Instant, offsetMinutes: Int) {
        referenceMs = referenceTime.ms
        offsetMs = Int64(max(-1_439, min(1_439, offsetMinutes))) * .minuteMs
    }

    /// Where the time that begins at `start` ends, or -1; then `ms` and `shape` say which.
    @inline(__always)
    mutating func scan(_ s: ByteScanner, _ start: Int) -> Int {
        let first = s.byte(start)
        if ByteScanner.isDigit(first) { return scanDigits(s, start) }
        if ByteScanner.isLetter(first) { return scanNamed(s, start) }
        return -1
    }

    /// True when the whole range is one moment: a time field. Digits alone are an epoch.
    mutating func readValue(_ s: ByteScanner, _ start: Int, _ stop: Int) -> Bool {
        let value = ByteScanner(s.base, end: stop)
        let from = value.skipBlanks(start)
        if scan(value, from) == stop, shape == .moment { return true }
        guard let epoch = Self.epochMs(value, from, stop) else { return false }
        ms = epoch
        shape = .moment
        return true
    }

    // MARK: - Forms that begin with a digit

    private mutating func scanDigits(_ s: ByteScanner, _ start: Int) -> Int {
        let count = s.digitCount(start, limit: 20)
        let next = s.byte(start &+ count)
        switch count {
        case 4 where next == 0x2D || next == 0x2F || next == 0x2E: return scanYearFirst(s, start)
        case 8: return scanCompact(s, start)
        case 6: return scanSixDigits(s, start)
        case 10, 13, 16, 19: return scanEpoch(s, start, count)
        case 1, 2:
            switch next {
            case 0x3A:
                let end = scanClock(s, start, mayLackSeconds: false)
                guard end > 0, isBoundary(s, end) else { return -1 }
                ms = clockMs
                shape = .clock
                return end
            case 0x20, 0x2F, 0x2D, 0x2E:
                if ByteScanner.isLetter(s.byte(start &+ count &+ 1)) { return scanDayMonthName(s, start, count) }
                return next == 0x20 ? -1 : scanNumeric(s, start, count)
            default: return -1
            }
        default: return -1
        }
    }

    /// `2016-10-06T00:17:09.669Z`, `2024/1/5 7:08`, `2005-06-03-15.42.50.675872`, `2005.06.03`
    private mutating func scanYearFirst(_ s: ByteScanner, _ start: Int) -> Int {
        let separator = s.byte(start &+ 4)
        let year = s.digits(start, 4)
        var month = 0
        var day = 0
        var at = start &+ 5
        let monthDigits = s.upToTwoDigits(at, &month)
        at &+= monthDigits
        guard monthDigits > 0, s.byte(at) == separator else { return -1 }
        let dayDigits = s.upToTwoDigits(at &+ 1, &day)
        at &+= 1 &+ dayDigits
        let date = dayDigits > 0 ? dateMs(year, month, day) : Self.noDate
        guard date != Self.noDate else { return -1 }
        let joint = s.byte(at)
        if joint == 0x54 || joint == 0x20 || joint == 0x74 || joint == 0x2D || joint == 0x5F || joint == 0x3A || joint == 0x2E {
            if let end = finish(s, at &+ 1, date, mayLackSeconds: true, mayUseDots: joint == 0x2D) { return end }
        }
        return dateAlone(s, at, date)
    }

    /// `20171223-22:15:29:606`, `20120702.102240,672`, `20240101T101500Z`
    private mutating func scanCompact(_ s: ByteScanner, _ start: Int) -> Int {
        let year = s.digits(start, 4)
        guard year >= 1_970, year < 2_200 else { return -1 }
        let date = dateMs(year, s.digits(start &+ 4, 2), s.digits(start &+ 6, 2))
        guard date != Self.noDate else { return -1 }
        let joint = s.byte(start &+ 8)
        guard joint == 0x2D || joint == 0x54 || joint == 0x20 || joint == 0x2E || joint == 0x5F || joint == 0x3A else {
            return dateAlone(s, start &+ 8, date)
        }
        return finish(s, start &+ 9, date, mayLackSeconds: false) ?? -1
    }

    /// `081109 203615`, `080417 10:12:13`
    private mutating func scanSixDigits(_ s: ByteScanner, _ start: Int) -> Int {
        guard s.byte(start &+ 6) == 32 else { return -1 }
        let year = s.digits(start, 2)
        let date = dateMs(year &+ (year < 70 ? 2_000 : 1_900), s.digits(start &+ 2, 2), s.digits(start &+ 4, 2))
        guard date != Self.noDate else { return -1 }
        return finish(s, s.skipBlanks(start &+ 6), date, mayLackSeconds: false) ?? -1
    }

    /// `1117838570`, `1117838570.25`, `1428634687123`
    private mutating func scanEpoch(_ s: ByteScanner, _ start: Int, _ count: Int) -> Int {
        guard s.byte(start) == 0x31 else { return -1 }
        var end = start &+ count
        if count == 10, s.byte(end) == 0x2E { end &+= 1 &+ s.digitCount(end &+ 1, limit: 9) }
        guard isBoundary(s, end), let epoch = Self.epochMs(s, start, end) else { return -1 }
        ms = epoch
        shape = .moment
        return end
    }

    /// `20/Jul/2009:22:59:26 +0000`, `01 Jan 2024 00:00:00.123`, `01-Jan-2024 00:00:00`
    private mutating func scanDayMonthName(_ s: ByteScanner, _ start: Int, _ count: Int) -> Int {
        let separator = s.byte(start &+ count)
        var day = 0
        _ = s.upToTwoDigits(start, &day)
        let month = Self.month(s, start &+ count &+ 1)
        let at = start &+ count &+ 4
        guard month > 0, s.byte(at) == separator else { return -1 }
        let date = dateMs(s.digits(at &+ 1, 4), month, day)
        guard date != Self.noDate, s.byte(at &+ 5) == 0x3A || s.byte(at &+ 5) == 0x20 else { return -1 }
        return finish(s, at &+ 6, date, mayLackSeconds: false) ?? -1
    }

    /// `03-17 16:13:38.811`, `10.30 16:49:06`, `10/30/2024 4:05:06 PM`, `30.10.2024 16:05:06`, `17/06/09 20:10:40`
    private mutating func scanNumeric(_ s: ByteScanner, _ start: Int, _ count: Int) -> Int {
        let separator = s.byte(start &+ count)
        var first = 0
        var second = 0
        _ = s.upToTwoDigits(start, &first)
        let secondDigits = s.upToTwoDigits(start &+ count &+ 1, &second)
        guard secondDigits > 0 else { return -1 }
        var at = start &+ count &+ 1 &+ secondDigits
        guard s.byte(at) == separator else {
            guard s.byte(at) == 32 else { return -1 }
            guard let end = finish(s, at &+ 1, 0, mayLackSeconds: false) else { return -1 }
            return placeInYear(first > 12 ? second : first, first > 12 ? first : second) ? end : -1
        }
        let yearDigits = s.digitCount(at &+ 1, limit: 5)
        let third = s.digits(at &+ 1, max(0, yearDigits))
        at &+= 1 &+ yearDigits
        if s.byte(at) == 0x2C { at &+= 1 }
        guard s.byte(at) == 32, yearDigits == 4 || yearDigits == 2 else { return -1 }
        let date: Int64
        if yearDigits == 2 {
            date = dateMs(2_000 &+ first, second, third)
        } else if separator == 0x2E || first > 12 {
            date = dateMs(third, second, first)
        } else {
            date = dateMs(third, first, second)
        }
        guard date != Self.noDate else { return -1 }
        return finish(s, at &+ 1, date, mayLackSeconds: yearDigits == 4) ?? -1
    }

    // MARK: - Forms that begin with a name

    /// `Jun 14 15:16:01`, `Wed Oct 11 14:32:52.123 2000`, `Jan 01, 2024 10:00:00 AM`, `Tue, 03 Sep 2024 10:00:00 GMT`
    private mutating func scanNamed(_ s: ByteScanner, _ start: Int) -> Int {
        var at = start
        let hasWeekday = Self.isWeekday(s, at) && (s.byte(at &+ 3) == 32 || s.byte(at &+ 3) == 0x2C)
        if hasWeekday {
            at = s.skipBlanks(at &+ (s.byte(at &+ 3) == 0x2C ? 4 : 3))
            if ByteScanner.isDigit(s.byte(at)) {
                let count = s.digitCount(at, limit: 3)
                return count <= 2 && ByteScanner.isLetter(s.byte(at &+ count &+ 1)) ? scanDayMonthName(s, at, count) : -1
            }
        }
        let month = Self.month(s, at)
        guard month > 0, s.byte(at &+ 3) == 32 else { return -1 }
        at = s.skipBlanks(at &+ 3)
        var day = 0
        let dayDigits = s.upToTwoDigits(at, &day)
        guard dayDigits > 0 else { return -1 }
        at &+= dayDigits
        if s.byte(at) == 0x2C { at &+= 1 }
        guard s.byte(at) == 32 else { return -1 }
        at = s.skipBlanks(at)
        if s.byte(at &+ 4) == 32, s.digitCount(at, limit: 5) == 4 {
            let date = dateMs(s.digits(at, 4), month, day)
            guard date != Self.noDate else { return -1 }
            return finish(s, s.skipBlanks(at &+ 4), date, mayLackSeconds: false) ?? -1
        }
        guard let end = finish(s, at, 0, mayLackSeconds: false, mayNameZone: hasWeekday) else { return -1 }
        if hasWeekday, s.byte(end) == 32, s.digitCount(end &+ 1, limit: 5) == 4, isBoundary(s, end &+ 5) {
            let date = dateMs(s.digits(end &+ 1, 4), month, day)
            guard date != Self.noDate else { return -1 }
            ms = date &+ ms
            return end &+ 5
        }
        return placeInYear(month, day) ? end : -1
    }

    /// glog's `1122 21:35:31.000000`: month and day without anything between them. The end, or nil.
    mutating func scanGlog(_ s: ByteScanner, _ start: Int) -> Int? {
        let month = s.digits(start, 2)
        let day = s.digits(start &+ 2, 2)
        guard month > 0, day > 0, s.byte(start &+ 4) == 32 else { return nil }
        guard let end = finish(s, start &+ 5, 0, mayLackSeconds: false), placeInYear(month, day) else { return nil }
        return end
    }

    // MARK: - Clock and zone

    /// Reads clock and zone at `at` and makes the moment; the end, or nil when there is no clock.
    @inline(__always)
    private mutating func finish(
        _ s: ByteScanner, _ at: Int, _ date: Int64, mayLackSeconds: Bool, mayUseDots: Bool = false, mayNameZone: Bool = true
    ) -> Int? {
        var end = scanClock(s, at, mayLackSeconds: mayLackSeconds, mayUseDots: mayUseDots)
        guard end > 0 else { return nil }
        end = scanZone(s, end, mayNameZone: mayNameZone)
        guard isBoundary(s, end) else { return nil }
        ms = date &+ clockMs &- zoneMs
        shape = .moment
        return end
    }

    private mutating func dateAlone(_ s: ByteScanner, _ end: Int, _ date: Int64) -> Int {
        guard isBoundary(s, end) else { return -1 }
        ms = date &- offsetMs
        shape = .date
        return end
    }

    /// `7:08:09`, `15.42.50.675872`, `203615`, each with a fraction; the end, or -1. Sets `clockMs`.
    @inline(__always)
    private mutating func scanClock(_ s: ByteScanner, _ start: Int, mayLackSeconds: Bool, mayUseDots: Bool = false) -> Int {
        var hour = 0
        var minute = 0
        var second = 0
        var at = start &+ s.upToTwoDigits(start, &hour)
        guard at > start else { return -1 }
        let separator = s.byte(at)
        if separator == 0x3A || (mayUseDots && separator == 0x2E) {
            let minuteDigits = s.upToTwoDigits(at &+ 1, &minute)
            at &+= 1 &+ minuteDigits
            guard minuteDigits > 0 else { return -1 }
            if s.byte(at) == separator, case let digits = s.upToTwoDigits(at &+ 1, &second), digits > 0 {
                at &+= 1 &+ digits
            } else if !mayLackSeconds || minuteDigits != 2 {
                return -1
            }
        } else if at == start &+ 2, s.digitCount(at, limit: 5) == 4 {
            minute = s.digits(at, 2)
            second = s.digits(at &+ 2, 2)
            at &+= 4
        } else {
            return -1
        }
        guard hour < 24, minute < 60, second <= 60 else { return -1 }
        clockMs = Int64((hour &* 60 &+ minute) &* 60 &+ second) &* 1_000
        let point = s.byte(at)
        if point == 0x2E || point == 0x2C || point == 0x3A, ByteScanner.isDigit(s.byte(at &+ 1)) {
            at &+= 1
            var scale: Int64 = 100
            var digits = 0
            while digits < 12, ByteScanner.isDigit(s.byte(at)) {
                clockMs &+= scale &* Int64(s.byte(at) &- 48)
                scale /= 10
                at &+= 1
                digits &+= 1
            }
        }
        return at
    }

    /// The end of the zone (and of AM or PM) that stands at `at`, if any; sets `zoneMs`.
    @inline(__always)
    private mutating func scanZone(_ s: ByteScanner, _ start: Int, mayNameZone: Bool) -> Int {
        let next = s.byte(start)
        zoneMs = offsetMs
        if next == 0x5A, !ByteScanner.isAlphanumeric(s.byte(start &+ 1)) {
            zoneMs = 0
            return start &+ 1
        }
        if next == 0x2B || next == 0x2D { return scanOffset(s, start) ?? start }
        let word = next == 32 ? s.byte(start &+ 1) : next
        guard next == 32 || ByteScanner.isUpper(next), ByteScanner.isUpper(word) || word == 0x2B || word == 0x2D else { return start }
        return scanSpacedZone(s, start, mayNameZone: mayNameZone)
    }

    @inline(never)
    private mutating func scanSpacedZone(_ s: ByteScanner, _ start: Int, mayNameZone: Bool) -> Int {
        var end = start
        var at = s.byte(start) == 32 ? start &+ 1 : start
        if s.byte(at) == 0x41 || s.byte(at) == 0x50, s.byte(at &+ 1) == 0x4D, isBoundary(s, at &+ 2) {
            let isAfternoon = s.byte(at) == 0x50
            let hour = clockMs / .hourMs
            if hour == 12, !isAfternoon { clockMs &-= 12 * .hourMs }
            if hour < 12, isAfternoon { clockMs &+= 12 * .hourMs }
            end = at &+ 2
            at = s.byte(end) == 32 ? end &+ 1 : end
        }
        if s.byte(at) == 0x2B || s.byte(at) == 0x2D, s.byte(at &- 1) == 32 { return scanOffset(s, at) ?? end }
        guard mayNameZone else { return end }
        var length = 0
        while length < 6, ByteScanner.isUpper(s.byte(at &+ length)) { length &+= 1 }
        guard length > 0, length < 6, isBoundary(s, at &+ length) else { return end }
        if let minutes = Self.zoneMinutes(s, at, length) {
            zoneMs = Int64(minutes) * .minuteMs
            return at &+ length
        }
        // An unknown zone written without a blank is passed over; behind a blank it is a word of its own.
        return s.byte(at &- 1) == 32 ? end : at &+ length
    }

    /// `+0200`, `+02:00`, `-07`; nil when it is something else, such as a dash between columns.
    @inline(__always)
    private mutating func scanOffset(_ s: ByteScanner, _ at: Int) -> Int? {
        let hours = s.digits(at &+ 1, 2)
        guard hours >= 0, hours < 24 else { return nil }
        var end = at &+ 3
        var minutes = 0
        if s.byte(end) == 0x3A, case let read = s.digits(end &+ 1, 2), read >= 0 {
            minutes = read
            end &+= 3
        } else if ByteScanner.isDigit(s.byte(end)) {
            minutes = s.digits(end, 2)
            end &+= 2
        }
        guard minutes >= 0, minutes < 60, isBoundary(s, end) else { return nil }
        zoneMs = Int64(hours &* 60 &+ minutes) &* (s.byte(at) == 0x2D ? -60_000 : 60_000)
        return end
    }

    private static func zoneMinutes(_ s: ByteScanner, _ at: Int, _ length: Int) -> Int? {
        switch length {
        case 1: s.byte(at) == 0x5A ? 0 : nil
        case 3:
            if s.has("UTC", at) || s.has("GMT", at) {
                0
            } else if s.has("EST", at) {
                -300
            } else if s.has("EDT", at) {
                -240
            } else if s.has("CST", at) {
                -360
            } else if s.has("CDT", at) {
                -300
            } else if s.has("MST", at) {
                -420
            } else if s.has("MDT", at) {
                -360
            } else if s.has("PST", at) {
                -480
            } else if s.has("PDT", at) {
                -420
            } else if s.has("CET", at) {
                60
            } else if s.has("EET", at) {
                120
            } else if s.has("JST", at) {
                540
            } else {
                nil
            }
        case 4: if s.has("CEST", at) { 120 } else if s.has("EEST", at) { 180 } else { nil }
        default: nil
        }
    }

    @inline(__always)
    private func isBoundary(_ s: ByteScanner, _ at: Int) -> Bool { !ByteScanner.isAlphanumeric(s.byte(at)) }

    // MARK: - Dates

    /// Midnight UTC of a date, or `noDate`.
    @inline(__always)
    private mutating func dateMs(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let key = year &* 512 &+ month &* 32 &+ day
        if key == knownDate { return knownDateMs }
        return newDateMs(year, month, day, key)
    }

    @inline(never)
    private mutating func newDateMs(_ year: Int, _ month: Int, _ day: Int, _ key: Int) -> Int64 {
        guard year >= 1, year <= 9_999, month >= 1, month <= 12, day >= 1, day <= Instant.daysInMonth(year, month) else {
            return Self.noDate
        }
        knownDate = key
        knownDateMs = Instant.civil(year: year, month: month, day: day).ms
        return knownDateMs
    }

    /// Adds to `ms`, a time of day, the latest such date that makes it not more than a day after the reference.
    @inline(__always)
    private mutating func placeInYear(_ month: Int, _ day: Int) -> Bool {
        let latest = referenceMs &+ .dayMs
        let moment = knownYearlessMs &+ ms
        if month &* 32 &+ day == knownYearlessDate, moment <= latest, moment &+ 364 * .dayMs > latest {
            ms = moment
            return true
        }
        return placeInNewYear(month, day, latest)
    }

    @inline(never)
    private mutating func placeInNewYear(_ month: Int, _ day: Int, _ latest: Int64) -> Bool {
        let nextYear = Instant(ms: referenceMs).civil.year &+ 1
        // Nine years back there was a 29 February, even around 1900 and 2100.
        for year in stride(from: nextYear, through: nextYear &- 9, by: -1) {
            let date = dateMs(year, month, day)
            guard date != Self.noDate, date &+ ms <= latest else { continue }
            knownYearlessDate = month &* 32 &+ day
            knownYearlessMs = date
            ms = date &+ ms
            return true
        }
        return false
    }

    /// The moment of a bare clock: on the day of the time before it, or the next day when that would be 12 hours back.
    func moment(ofClockMs clock: Int64, after known: Int64) -> Int64 {
        let local = known &+ offsetMs
        let midnight = local.floorDivided(by: .dayMs) &* .dayMs
        let same = midnight &+ clock &- offsetMs
        if known &- same > 12 * .hourMs { return same &+ .dayMs }
        if same &- known > 12 * .hourMs { return same &- .dayMs }
        return same
    }

    private static func isWeekday(_ s: ByteScanner, _ at: Int) -> Bool {
        switch s.word(at) & 0xFF_FFFF | 0x20_2020 {
        case 0x6E_6F6D, 0x65_7574, 0x64_6577, 0x75_6874, 0x69_7266, 0x74_6173, 0x6E_7573: true
        default: false
        }
    }

    /// The month whose three-letter name stands at `at`, in any case, or 0.
    private static func month(_ s: ByteScanner, _ at: Int) -> Int {
        switch s.word(at) & 0xFF_FFFF | 0x20_2020 {
        case 0x6E_616A: 1
        case 0x62_6566: 2
        case 0x72_616D: 3
        case 0x72_7061: 4
        case 0x79_616D: 5
        case 0x6E_756A: 6
        case 0x6C_756A: 7
        case 0x67_7561: 8
        case 0x70_6573: 9
        case 0x74_636F: 10
        case 0x76_6F6E: 11
        case 0x63_6564: 12
        default: 0
        }
    }

    /// Seconds (with any fraction), milliseconds, microseconds or nanoseconds since 1970, told apart by magnitude.
    static func epochMs(_ s: ByteScanner, _ start: Int, _ stop: Int) -> Int64? {
        let count = s.digitCount(start, limit: 19)
        guard count > 0, start &+ count <= stop else { return nil }
        var whole: Int64 = 0
        for index in start..<start &+ count { whole = whole &* 10 &+ Int64(s.base[index] &- 48) }
        guard whole >= 0 else { return nil }
        var at = start &+ count
        var thousandths: Int64 = 0
        if at < stop, s.base[at] == 0x2E {
            at &+= 1
            var scale: Int64 = 100
            while at < stop, ByteScanner.isDigit(s.base[at]) {
                thousandths &+= scale &* Int64(s.base[at] &- 48)
                scale /= 10
                at &+= 1
            }
        }
        if at != stop {
            guard at < stop, s.base[at] | 0x20 == 0x65 else { return nil }
            return Double(String(decoding: UnsafeBufferPointer(start: s.base + start, count: min(64, stop &- start)), as: UTF8.self))
                .flatMap { Instant(epoch: $0) }?.ms
        }
        let ms =
            if whole < 100_000_000_000 { whole &* 1_000 &+ thousandths } else if whole < 100_000_000_000_000 {
                whole
            } else if whole < 100_000_000_000_000_000 { whole / 1_000 } else { whole / 1_000_000 }
        return Instant.representable.contains(Instant(ms: ms)) ? ms : nil
    }
}
