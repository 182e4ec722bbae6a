import Model

/// Numbers, times and names as the pages say them.
enum PageWords {
    /// No break between a number and its unit; thin between groups of digits.
    static let fixedBlank = "\u{a0}"
    static let thinBlank = "\u{202f}"

    /// `.87`, `1`, `.00`: two decimals without the zero.
    static func score(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let hundredths = Int((min(max(value, 0), 1) * 100).rounded())
        return hundredths == 100 ? "1" : "." + padded(hundredths, 2)
    }

    /// `1 209`
    static func count(_ value: some BinaryInteger) -> String { grouped(String(value)) }

    /// `1 piece`, `51 pieces`
    static func count(_ value: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count(value))\(fixedBlank)\(value == 1 ? one : many ?? one + "s")"
    }

    /// One to twelve in letters, above in digits.
    static func spelled(_ value: Int) -> String {
        let words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
        return words.indices.contains(value) ? words[value] : count(value)
    }

    /// Three significant digits, groups, true minus: `0.34`, `12.3`, `1 209`, `4.2 M`.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let magnitude = abs(value)
        if magnitude >= 1e15 { return (value < 0 ? "−" : "") + "over 10¹⁵" }
        if magnitude >= 1e6 {
            let (unit, scale) = magnitude >= 1e12 ? ("T", 1e12) : magnitude >= 1e9 ? ("G", 1e9) : ("M", 1e6)
            return number(value / scale) + fixedBlank + unit
        }
        let decimals = magnitude >= 100 || magnitude == magnitude.rounded() ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let units = Int64((magnitude * scale).rounded())
        var text = grouped(String(units / Int64(scale)))
        if decimals > 0 {
            var fraction = padded(Int(units % Int64(scale)), decimals)
            while fraction.hasSuffix("0") { fraction.removeLast() }
            if !fraction.isEmpty { text += "." + fraction }
        }
        return (value < 0 && units != 0 ? "−" : "") + text
    }

    /// A value of a metric with its unit: `44 %`, `900 ms`, `3.2 MB`, `21`. `unit` is as the source says, or read off
    /// the name's ending as OpenMetrics writes it (`_seconds`, `_bytes`, `_ratio`).
    static func measure(_ value: Double, unit: String, metric: String = "") -> String {
        switch canonicalUnit(unit, metric: metric) {
        case "ratio": return share(value * 100)
        case "percent": return share(value)
        case "seconds":
            if value != 0 && abs(value) < 0.001 { return number(value * 1e6) + fixedBlank + "µs" }
            return abs(value) < 1 && value != 0 ? number(value * 1_000) + fixedBlank + "ms" : number(value) + fixedBlank + "s"
        case "milliseconds":
            return abs(value) >= 1_000 ? number(value / 1_000) + fixedBlank + "s" : number(value) + fixedBlank + "ms"
        case "bytes":
            let steps: [(Double, String)] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
            for (scale, name) in steps where abs(value) >= scale { return number(value / scale) + fixedBlank + name }
            return number(value) + fixedBlank + "B"
        case "": return number(value)
        case let other: return number(value) + fixedBlank + other.clipped(to: 12)
        }
    }
    /// Per cent with two significant digits: `44 %`, `4.4 %`, `0.12 %`.
    static func share(_ percent: Double) -> String {
        guard percent.isFinite else { return "–" }
        return number(rounded(percent, digits: 2)) + fixedBlank + "%"
    }
    /// To so many significant digits; from 10 000 on as it is.
    static func rounded(_ value: Double, digits: Int) -> Double {
        guard value.isFinite, value != 0, abs(value) < 1e4, abs(value) > 1e-9 else { return value }
        var scale = 1.0
        let limit = digits == 2 ? 10.0 : 100.0
        while abs(value) * scale < limit { scale *= 10 }
        while abs(value) * scale >= limit * 10 { scale /= 10 }
        return (value * scale).rounded() / scale
    }
    /// `62 to 78` with the unit once, two significant digits if they tell both ends apart.
    static func range(_ range: ClosedRange<Double>, unit: String, metric: String = "", dash: String = " to ") -> String {
        var (low, high) = (rounded(range.lowerBound, digits: 2), rounded(range.upperBound, digits: 2))
        if low >= high { (low, high) = (range.lowerBound, range.upperBound) }
        return exact(low, high, unit: unit, metric: metric, dash: dash)
    }
    private static func exact(_ lower: Double, _ upper: Double, unit: String, metric: String, dash: String) -> String {
        let high = measure(upper, unit: unit, metric: metric)
        let low = measure(lower, unit: unit, metric: metric)
        if low == high { return high }
        let lowParts = low.split(separator: "\u{a0}", maxSplits: 1)
        let highParts = high.split(separator: "\u{a0}", maxSplits: 1)
        let sameUnit = lowParts.count == highParts.count && lowParts.last == highParts.last && lowParts.count == 2
        return (sameUnit || lower == 0 ? String(lowParts.first ?? "") : low) + dash + high
    }

    private static func canonicalUnit(_ unit: String, metric: String) -> String {
        switch unit.lowercased() {
        case "s", "sec", "second", "seconds": return "seconds"
        case "ms", "millisecond", "milliseconds": return "milliseconds"
        case "by", "byte", "bytes", "b": return "bytes"
        case "%", "percent", "pct": return "percent"
        case "ratio": return "ratio"
        case "1", "count", "total", "none": return ""
        case "": break
        default: return unit
        }
        for (ending, unit) in [
            ("_seconds", "seconds"), ("_bytes", "bytes"), ("_ratio", "ratio"), ("_ms", "milliseconds"), ("_milliseconds", "milliseconds"),
            ("_percent", "percent"), ("_pct", "percent"),
        ] where metric.hasSuffix(ending) { return unit }
        return ""
    }

    /// Steps between moments: two units at most and to the second within the hour, `2 m 08 s`, `36 m 48 s`, `1 h 04 min`.
    static func step(ms: Int64) -> String {
        let seconds = max(0, ms) / 1_000
        if seconds >= 3_600 { return readableDuration(ms: ms) }
        if seconds < 60 { return "\(seconds)\(fixedBlank)s" }
        return "\(seconds / 60)\(fixedBlank)m\(fixedBlank)\(padded(Int(seconds % 60), 2))\(fixedBlank)s"
    }
    static func duration(ms: Int64) -> String { readableDuration(ms: ms).replacing(each: " ", with: fixedBlank) }
    /// A span's length: `8.4 s`, `12 ms`, `340 µs`.
    static func spanDuration(us: Int64) -> String { measure(Double(us) / 1_000_000, unit: "s") }

    /// `14:04:12` on the day of `reference`, `20 Nov 10:02` within its year, `20 Nov 2025 10:02` beyond.
    static func moment(_ at: Instant, near reference: Instant) -> String {
        if at.day == reference.day { return at.clock }
        return day(at, near: reference) + fixedBlank + at.clockMinute
    }
    /// `20 Nov`, with the year when it differs from that of `reference`.
    static func day(_ at: Instant, near reference: Instant) -> String {
        let c = at.civil
        let year = c.year == reference.civil.year ? "" : "\(fixedBlank)\(c.year)"
        return "\(c.day)\(fixedBlank)\(c.monthName)\(year)"
    }
    /// `Sun 22 Nov 14:10 UTC`
    static func published(_ at: Instant) -> String {
        "\(at.civil.weekdayName) \(at.civil.day) \(at.civil.monthName) \(at.civil.year) \(at.clockMinute) UTC"
    }

    /// `a`, `a and b`, `a, b and c`
    static func list(_ words: [String]) -> String {
        guard let last = words.last else { return "" }
        return words.count == 1 ? last : words.dropLast().joined(separator: ", ") + " and " + last
    }

    /// The first letter small, unless the word is a name or an abbreviation: `Deploy of x` but not `HTTP errors`,
    /// `CartTest fails`, `I/O`.
    static func midSentence(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, first.properties.isUppercase else { return text }
        let word = text.prefix { !$0.isWhitespace }
        let isPlain = word.unicodeScalars.dropFirst().allSatisfy { $0.properties.isLowercase || $0 == "," || $0 == ":" }
        return isPlain && word.count > 1 ? text.prefix(1).lowercased() + text.dropFirst() : text
    }
    /// `no data from metrics`, `no answer from prometheus`
    static func missing(_ gap: SourceGap) -> String {
        let name = gap.origin.clipped(to: 80)
        guard let source = gap.source else { return "no answer from \(name)" }
        return "no data from \(name.isEmpty ? source.rawValue : name)"
    }
    static func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// With a full stop at its end, if it has none.
    static func sentence(_ text: String) -> String {
        let trimmed = text.trimmingBlanks()
        guard let last = trimmed.last else { return "" }
        return ".!?…:".contains(last) ? trimmed : trimmed + "."
    }

    private static func grouped(_ digits: String) -> String {
        let isNegative = digits.hasPrefix("-")
        let body = Array(digits.utf8.drop { $0 == 45 })
        if body.count < 4 { return (isNegative ? "−" : "") + String(decoding: body, as: UTF8.self) }
        var out = isNegative ? "−" : ""
        for (index, digit) in body.enumerated() {
            if index > 0, (body.count - index) % 3 == 0 { out += thinBlank }
            out.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return out
    }
}

extension String {
    /// Without blanks and line ends at both ends.
    func trimmingBlanks() -> String {
        var view = self[...]
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace { view.removeLast() }
        return String(view)
    }
}
