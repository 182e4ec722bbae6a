import Model

extension Instant {
    /// A date as feeds and mails write it: RFC 3339 and the shorter forms of the W3C note (`2026`, `2026-11`), RFC 822, 2822
    /// and 5322 with one or more of their slips (no weekday, full month names, two-digit years, no seconds, named zones, no
    /// zone), RFC 850, and C's `asctime`. Without a zone it is UTC.
    package init?(feedDate text: String) {
        guard text.utf8.count <= 400 else { return nil }
        let text = StructuredText.foldingBlanks(Instant.withoutComments(text))
        guard text.utf8.count <= 80, !text.isEmpty else { return nil }
        if let instant = Instant(rfc3339: text) ?? Instant.partialDate(text) ?? Instant.mailDate(text) {
            self = instant
        } else {
            return nil
        }
    }

    /// Comments of RFC 5322 stand in brackets, which may nest and hold escapes.
    private static func withoutComments(_ text: String) -> String {
        guard text.contains("(") else { return text }
        var out = ""
        var depth = 0
        var isEscaped = false
        for character in text {
            if isEscaped {
                isEscaped = false
            } else if character == "\\", depth > 0 {
                isEscaped = true
            } else if character == "(" {
                depth += 1
                out.append(" ")
            } else if character == ")", depth > 0 {
                depth -= 1
            } else if depth == 0 {
                out.append(character)
            }
        }
        return out
    }

    /// `2026` and `2026-11`.
    private static func partialDate(_ text: String) -> Instant? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let year = parts.first, year.utf8.count == 4, let y = Int(year), (1...9_999).contains(y) else { return nil }
        if parts.count == 1 { return .civil(year: y, month: 1, day: 1) }
        guard parts.count == 2, parts[1].utf8.count == 2, let month = Int(parts[1]), (1...12).contains(month) else { return nil }
        return .civil(year: y, month: month, day: 1)
    }

    private static func mailDate(_ text: String) -> Instant? {
        // Words are numbers, names, clocks and zones; commas and the dashes of RFC 850 only part them.
        var words: [Substring] = []
        for word in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
            let parts = word.split(separator: "-")
            if parts.count == 3, Int(parts[0]) != nil { words += parts } else { words.append(word) }
        }
        var day: Int?
        var month: Int?
        var year: Int?
        var clock: (hour: Int, minute: Int, second: Int)?
        var offsetMinutes = 0
        for word in words {
            if let number = Int(word), word.first != "+", word.first != "-", word.utf8.count <= 4 {
                if day == nil, number >= 1, number <= 31, word.utf8.count <= 2 {
                    day = number
                } else if year == nil {
                    year = word.utf8.count <= 2 ? number + (number < 70 ? 2_000 : 1_900) : number
                } else {
                    return nil
                }
            } else if word.contains(":"), clock == nil {
                guard let read = clockTime(word) else { return nil }
                clock = read
            } else if let index = monthIndex(word), month == nil {
                month = index
            } else if let offset = zoneOffsetMinutes(word) {
                offsetMinutes = offset
            } else if !isWeekday(word) {
                return nil
            }
        }
        guard let day, let month, let year, (1...9_999).contains(year), day <= daysInMonth(year, month) else { return nil }
        let local = Instant.civil(
            year: year, month: month, day: day, hour: clock?.hour ?? 0, minute: clock?.minute ?? 0, second: clock?.second ?? 0)
        let instant = local - Int64(offsetMinutes) * .minuteMs
        return representable.contains(instant) ? instant : nil
    }

    private static func clockTime(_ word: Substring) -> (hour: Int, minute: Int, second: Int)? {
        let parts = word.prefix { $0 != "." }.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard parts.count == 2 || parts.count == 3, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]) else { return nil }
        let second = parts.count == 3 ? parts[2] : 0
        return (0...60).contains(second) ? (parts[0], parts[1], second) : nil
    }

    private static func monthIndex(_ word: Substring) -> Int? {
        guard word.utf8.count >= 3 else { return nil }
        let start = word.prefix(3).lowercased()
        return CivilTime.monthNames.firstIndex { $0.lowercased() == start }.map { $0 + 1 }
    }

    private static func isWeekday(_ word: Substring) -> Bool {
        guard word.utf8.count >= 3, word.utf8.count <= 9 else { return false }
        let start = word.prefix(3).lowercased()
        return CivilTime.weekdayNames.contains { $0.lowercased() == start }
    }

    /// `+0200`, `-05:00`, `GMT`, North American names and the military letters (RFC 822, section 5).
    private static func zoneOffsetMinutes(_ word: Substring) -> Int? {
        if let sign = word.first, sign == "+" || sign == "-" {
            let digits = word.dropFirst().filter { $0 != ":" }
            guard digits.utf8.count == 4, let number = Int(digits), number / 100 < 24, number % 100 < 60 else { return nil }
            return (sign == "-" ? -1 : 1) * (number / 100 * 60 + number % 100)
        }
        switch word.uppercased() {
        case "Z", "UT", "UTC", "GMT", "WET": return 0
        case "EST", "CDT": return -300
        case "EDT": return -240
        case "CST", "MDT": return -360
        case "MST", "PDT": return -420
        case "PST": return -480
        case "CET", "BST": return 60
        case "CEST", "EET": return 120
        default:
            // RFC 2822 says the military letters carry no certain meaning.
            return word.utf8.count == 1 && word.first?.isLetter == true ? 0 : nil
        }
    }
}
