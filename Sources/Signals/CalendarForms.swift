/// Dates and clocks as they stand in messages. Each scan returns the end of the form, or its start when there is none.
enum CalendarForms {
    /// `2026-11-22T14:04:12.123Z`, `2026/11/22 14:04`, `22/Nov/2026:14:04:12 +0100`, `14:04:12,123`, `9:05`.
    static func numeric(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: UnsafePointer<UInt8>) -> Int {
        let scan = Scan(bytes: bytes, end: end, classes: classes)
        let digits = scan.digits(start)
        guard digits >= 1, digits <= 8, start &+ digits < end else { return start }
        let separator = bytes[start &+ digits]
        if separator == UInt8(ascii: ":") { return scan.clock(start) }
        guard separator == UInt8(ascii: "-") || separator == UInt8(ascii: "/") || separator == UInt8(ascii: ".") else { return start }
        var at = start &+ digits &+ 1
        if digits == 4 {
            // year, month, day
            let month = scan.digits(at)
            guard (1...2).contains(month), at &+ month < end, bytes[at &+ month] == separator else { return start }
            at &+= month &+ 1
            let day = scan.digits(at)
            guard (1...2).contains(day) else { return start }
            return scan.timeAfterDate(at &+ day)
        }
        guard digits <= 2 else { return start }
        if scan.monthName(at) {
            at &+= 3
            guard at < end, bytes[at] == separator else { return start }
            let year = scan.digits(at &+ 1)
            guard year == 4 || year == 2 else { return start }
            return scan.timeAfterDate(at &+ 1 &+ year)
        }
        let second = scan.digits(at)
        guard (1...2).contains(second) else { return start }
        at &+= second
        if at < end, bytes[at] == separator {
            let year = scan.digits(at &+ 1)
            guard year == 4 else { return start }
            return scan.timeAfterDate(at &+ 1 &+ year)
        }
        // `11-22 14:04:12`: only with a clock behind it.
        guard separator != UInt8(ascii: "."), at < end, bytes[at] == 32 else { return start }
        let stop = scan.clock(at &+ 1)
        return stop > at &+ 1 ? stop : start
    }

    /// `Wed Jul 27 10:59:53 2005`, `Jul 27 10:59:53`, `Wed, 27 Jul 2005 10:59:53 GMT`.
    static func named(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: UnsafePointer<UInt8>) -> Int {
        let scan = Scan(bytes: bytes, end: end, classes: classes)
        var at = start
        if scan.weekdayName(at) {
            at &+= 3
            if at < end, bytes[at] == UInt8(ascii: ",") { at &+= 1 }
            at = scan.blanks(at)
            guard at > start &+ 3 else { return start }
        }
        let dayFirst = scan.digits(at)
        if (1...2).contains(dayFirst), at > start {
            at = scan.blanks(at &+ dayFirst)
            guard scan.monthName(at) else { return start }
            at = scan.blanks(at &+ 3)
            let year = scan.digits(at)
            guard year == 4 else { return start }
            return scan.timeAfterDate(at &+ year)
        }
        guard scan.monthName(at) else { return start }
        at = scan.blanks(at &+ 3)
        let day = scan.digits(at)
        guard (1...2).contains(day) else { return start }
        let clockAt = scan.blanks(at &+ day)
        guard clockAt > at &+ day else { return start }
        var stop = scan.clock(clockAt)
        guard stop > clockAt else { return start }
        let year = scan.blanks(stop)
        if year > stop, scan.digits(year) == 4, year &+ 4 >= end || classes[Int(bytes[year &+ 4])] & ByteClass.endOfWord != 0 {
            stop = year &+ 4
        }
        return stop
    }

    private struct Scan {
        let bytes: UnsafePointer<UInt8>
        let end: Int
        let classes: UnsafePointer<UInt8>

        func digits(_ start: Int) -> Int {
            var at = start
            while at < end, at &- start < 10, classes[Int(bytes[at])] & ByteClass.digit != 0 { at &+= 1 }
            return at &- start
        }
        func blanks(_ start: Int) -> Int {
            var at = start
            while at < end, bytes[at] == 32 { at &+= 1 }
            return at
        }
        /// `h:mm`, `hh:mm:ss`, with a fraction and a zone.
        func clock(_ start: Int) -> Int {
            let hours = digits(start)
            guard (1...2).contains(hours), start &+ hours < end, bytes[start &+ hours] == UInt8(ascii: ":") else { return start }
            var at = start &+ hours &+ 1
            guard digits(at) == 2 else { return start }
            at &+= 2
            if at < end, bytes[at] == UInt8(ascii: ":") {
                let seconds = digits(at &+ 1)
                guard (1...2).contains(seconds) else { return start }
                at &+= 1 &+ seconds
                if at &+ 1 < end, bytes[at] == UInt8(ascii: ":"), (2...3).contains(digits(at &+ 1)) { return start }  // a MAC or 1:2:3:4
                if at &+ 1 < end, bytes[at] == UInt8(ascii: ".") || bytes[at] == UInt8(ascii: ","), digits(at &+ 1) > 0 {
                    at &+= 1 &+ digits(at &+ 1)
                }
            }
            at = zone(at)
            if at < end, classes[Int(bytes[at])] & (ByteClass.anyLetter | ByteClass.digit) != 0 { return start }
            return at
        }
        func zone(_ start: Int) -> Int {
            guard start < end else { return start }
            if bytes[start] == UInt8(ascii: "Z") || bytes[start] == UInt8(ascii: "z") { return start &+ 1 }
            var at = start
            if bytes[at] == 32, at &+ 1 < end, bytes[at &+ 1] == UInt8(ascii: "+") { at &+= 1 }
            guard bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") else { return start }
            let count = digits(at &+ 1)
            if count == 4 { return at &+ 5 }
            if count == 2, at &+ 3 < end, bytes[at &+ 3] == UInt8(ascii: ":"), digits(at &+ 4) == 2 { return at &+ 6 }
            return start
        }
        /// A date, and the clock behind it when there is one.
        func timeAfterDate(_ start: Int) -> Int {
            guard start < end else { return start }
            switch bytes[start] {
            case UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " "), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ":"),
                UInt8(ascii: ","):
                let clockAt = bytes[start] == UInt8(ascii: ",") ? blanks(start &+ 1) : start &+ 1
                let stop = clock(clockAt)
                return stop > clockAt ? stop : start
            default: return start
            }
        }
        func monthName(_ at: Int) -> Bool { name(at, in: "JanFebMarAprMayJunJulAugSepOctNovDec") }
        func weekdayName(_ at: Int) -> Bool { name(at, in: "MonTueWedThuFriSatSun") }
        private func name(_ at: Int, in names: StaticString) -> Bool {
            guard at &+ 3 <= end else { return false }
            for index in stride(from: 0, to: names.utf8CodeUnitCount, by: 3)
            where bytes[at] == names.utf8Start[index] && bytes[at &+ 1] == names.utf8Start[index &+ 1]
                && bytes[at &+ 2] == names.utf8Start[index &+ 2]
            {
                return true
            }
            return false
        }
    }
}
