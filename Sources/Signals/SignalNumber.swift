import Foundation

extension Double {
    var logarithm: Double { log(self) }
}

/// Numbers as they stand in titles and reasons.
enum SignalNumber {
    /// Three significant digits (or as many as asked), no trailing zeros: `0.104`, `44`, `1250`, `2.5e+07` from ten million on.
    static func text(_ value: Double, digits significant: Int = 3) -> String {
        guard value.isFinite else { return "?" }
        if value == 0 { return "0" }
        let magnitude = abs(value)
        if magnitude >= 1e7 || magnitude < 1e-4 { return scientific(value) }
        let digits = max(0, significant - 1 - Int(log10(magnitude).rounded(.down)))
        let factor = pow(10.0, Double(digits))
        let rounded = (magnitude * factor).rounded()
        guard rounded < 1e15 else { return scientific(value) }
        let whole = Int64(rounded) / Int64(factor)
        var fraction = String(Int64(rounded) % Int64(factor))
        fraction = String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return (value < 0 ? "-" : "") + String(whole) + (digits == 0 || fraction.isEmpty ? "" : "." + fraction)
    }

    private static func scientific(_ value: Double) -> String {
        let exponent = Int(log10(abs(value)).rounded(.down))
        let mantissa = (value / pow(10.0, Double(exponent)) * 10).rounded() / 10
        let digits = mantissa == mantissa.rounded() ? String(Int(mantissa)) : "\(mantissa)"
        return "\(digits)e\(exponent < 0 ? "-" : "+")\(abs(exponent) < 10 ? "0" : "")\(abs(exponent))"
    }

    /// Milliseconds as people say durations: `350 ms`, `2.4 s`, `3 min`.
    static func duration(ms: Double) -> String {
        if ms < 1 { return "\(text(ms * 1_000)) µs" }
        if ms < 1_000 { return "\(text(ms)) ms" }
        if ms < 120_000 { return "\(text(ms / 1_000)) s" }
        return "\(text(ms / 60_000)) min"
    }
}
