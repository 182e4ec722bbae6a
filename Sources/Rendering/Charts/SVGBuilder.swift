import Model

/// Writes one SVG drawing. Element and attribute names are literals of ours, every value is a number, a literal or
/// escaped text, so that what comes out is safe to stand in a page.
///
/// Drawings stretch with the page: horizontal places are per cent of the width (`.percent`), vertical ones pixels.
struct SVGBuilder {
    enum Value {
        /// Pixels or any plain number, one decimal at most.
        case number(Double)
        /// Per cent of the drawing's width, two decimals at most.
        case percent(Double)
        /// Our own words: classes, path data, references.
        case literal(String)
        /// From outside; escaped.
        case text(String)
    }
    typealias Attributes = KeyValuePairs<StaticString, Value>

    private var out: [UInt8] = []
    private var open: [StaticString] = []

    /// The drawing as markup; every element still open is closed.
    var html: SafeHTML {
        var copy = self
        while !copy.open.isEmpty { copy.end() }
        return SafeHTML(trusted: copy.out)
    }
    var isEmpty: Bool { out.isEmpty }

    mutating func begin(_ name: StaticString, _ attributes: Attributes = [:]) {
        tag(name, attributes)
        out.append(62)
        open.append(name)
    }
    mutating func end() {
        guard let name = open.popLast() else { return }
        literal("</")
        literal(name)
        out.append(62)
    }
    mutating func element(_ name: StaticString, _ attributes: Attributes = [:]) {
        tag(name, attributes)
        literal("/>")
    }
    /// A path; nothing at all when `data` is empty.
    mutating func path(_ data: SVGPath, _ attributes: Attributes = [:]) {
        if data.isEmpty { return }
        literal("<path")
        write(attributes)
        literal(" d=\"")
        out.append(contentsOf: data.bytes)
        literal("\"/>")
    }
    /// An element that holds text, such as `text` and `title`.
    mutating func text(_ content: String, _ attributes: Attributes = [:], name: StaticString = "text") {
        tag(name, attributes)
        out.append(62)
        HTMLText.escape(content, into: &out)
        literal("</")
        literal(name)
        out.append(62)
    }

    private mutating func tag(_ name: StaticString, _ attributes: Attributes) {
        out.append(60)
        literal(name)
        write(attributes)
    }
    private mutating func write(_ attributes: Attributes) {
        for (name, value) in attributes {
            out.append(32)
            literal(name)
            literal("=\"")
            switch value {
            case .number(let number): SVGNumber.write(number, decimals: 1, into: &out)
            case .percent(let number):
                SVGNumber.write(number, decimals: 2, into: &out)
                out.append(37)
            case .literal(let text), .text(let text): HTMLText.escape(text, into: &out)
            }
            out.append(34)
        }
    }
    private mutating func literal(_ text: StaticString) { HTMLText.append(text, to: &out) }
}

/// Path data in pixels with one decimal at most.
struct SVGPath {
    private(set) var bytes: [UInt8] = []
    var isEmpty: Bool { bytes.isEmpty }

    mutating func move(_ x: Double, _ y: Double) { command(77, x, y) }
    mutating func line(_ x: Double, _ y: Double) { command(76, x, y) }
    mutating func horizontal(_ x: Double) {
        bytes.append(72)
        SVGNumber.write(x, decimals: 1, into: &bytes)
    }
    mutating func vertical(_ y: Double) {
        bytes.append(86)
        SVGNumber.write(y, decimals: 1, into: &bytes)
    }
    mutating func curve(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ x: Double, _ y: Double) {
        bytes.append(67)
        for (index, value) in [x1, y1, x2, y2, x, y].enumerated() {
            if index > 0 { bytes.append(32) }
            SVGNumber.write(value, decimals: 1, into: &bytes)
        }
    }
    /// A closed box.
    mutating func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
        move(x, y)
        relative(104, width)
        relative(118, height)
        relative(104, -width)
        bytes.append(122)
    }
    private mutating func relative(_ letter: UInt8, _ value: Double) {
        bytes.append(letter)
        SVGNumber.write(value, decimals: 1, into: &bytes)
    }
    private mutating func command(_ letter: UInt8, _ x: Double, _ y: Double) {
        bytes.append(letter)
        SVGNumber.write(x, decimals: 1, into: &bytes)
        bytes.append(32)
        SVGNumber.write(y, decimals: 1, into: &bytes)
    }
}

/// Coordinates as short decimals: `12`, `12.5`, `-0.25`. What is not a drawable number is 0.
enum SVGNumber {
    static func write(_ value: Double, decimals: Int, into out: inout [UInt8]) {
        guard value.isFinite, abs(value) < 1e7 else { return out.append(48) }
        let scale = decimals == 1 ? 10 : 100
        var rest = Int((value * Double(scale)).rounded())
        if rest < 0 {
            out.append(45)
            rest = -rest
        }
        let whole = rest / scale
        var power = 1
        while whole / power > 9 { power *= 10 }
        while power > 0 {
            out.append(48 + UInt8(whole / power % 10))
            power /= 10
        }
        var fraction = rest % scale
        if fraction == 0 { return }
        out.append(46)
        var unit = scale / 10
        while fraction > 0 {
            out.append(48 + UInt8(fraction / unit))
            fraction %= unit
            unit /= 10
        }
    }
}
