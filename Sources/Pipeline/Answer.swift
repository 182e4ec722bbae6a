import Model

/// What a command says, in both of its forms: lines for a person, JSON for a program.
package struct Answer: Sendable {
    package var lines: [Line]
    package var json: JSONValue
    package var exitCode: Int32
    package init(lines: [Line], json: JSONValue, exitCode: Int32 = 0) {
        self.lines = lines
        self.json = json
        self.exitCode = exitCode
    }
}

/// One line of text in roles; the terminal decides what a role looks like.
package struct Line: Hashable, Sendable, ExpressibleByStringInterpolation {
    package enum Role: Hashable, Sendable { case plain, strong, faint, critical, high, medium, low, change, good }
    package struct Span: Hashable, Sendable {
        package var text: String
        package var role: Role
    }
    package var spans: [Span]
    package init(_ spans: [Span]) { self.spans = spans }
    package init(stringLiteral value: String) { spans = [Span(text: value, role: .plain)] }
    package init(_ text: String, _ role: Role = .plain) { spans = [Span(text: text, role: role)] }
    package static func + (left: Line, right: Line) -> Line { Line(left.spans + right.spans) }
    package var text: String { spans.map(\.text).joined() }
}

extension Severity {
    package var role: Line.Role {
        switch self {
        case .critical: .critical
        case .high: .high
        case .medium: .medium
        case .low: .low
        case .info: .faint
        }
    }
    /// The digest's and the terminal's marks: shape and word, never colour alone.
    package var mark: String {
        switch self {
        case .critical: "◆"
        case .high: "▲"
        case .medium: "■"
        case .low: "●"
        case .info: "○"
        }
    }
}

/// A score as the pages print it: `.87`.
package func scoreText(_ score: Double) -> String {
    let hundredths = Int((min(1, max(0, score.isFinite ? score : 0)) * 100).rounded())
    return hundredths >= 100 ? "1" : ".\(padded(hundredths, 2))"
}

/// `1 signal`, `3 signals`
package func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// Digits in thin groups: `1 209`.
package func grouped(_ number: Int) -> String {
    let digits = String(abs(number))
    if digits.utf8.count < 5 { return String(number) }
    var out = ""
    for (index, digit) in digits.enumerated() {
        if index > 0 && (digits.utf8.count - index) % 3 == 0 { out += "\u{202F}" }
        out.append(digit)
    }
    return number < 0 ? "−" + out : out
}
