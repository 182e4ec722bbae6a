import Model

/// Estimates of how wide text is drawn in a system sans-serif: good to about a tenth, on the wide side.
enum TextFit {
    /// Pixels at `size`.
    static func width(_ text: String, size: Double, isBold: Bool = false) -> Double {
        text.unicodeScalars.reduce(0) { $0 + share($1) } * size * (isBold ? 1.09 : 1)
    }
    /// The text, or as much of its beginning as fits with an ellipsis.
    static func clipped(_ text: String, to width: Double, size: Double, isBold: Bool = false) -> String {
        let text = text.clipped(to: 400)
        if self.width(text, size: size, isBold: isBold) <= width { return text }
        let room = width - self.width("…", size: size, isBold: isBold)
        var used = 0.0
        var out = ""
        for character in text {
            used += self.width(String(character), size: size, isBold: isBold)
            if used > room { break }
            out.append(character)
        }
        while out.last?.isWhitespace == true { out.removeLast() }
        return out + "…"
    }

    private static func share(_ scalar: Unicode.Scalar) -> Double {
        switch scalar {
        case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!", "(", ")", "[", "]", " ", "f", "t", "r", "/", "-": 0.38
        case "m", "w", "M", "W", "%", "@", "—", "…": 0.92
        case "A"..."Z": 0.69
        case "0"..."9", "a"..."z": 0.6
        default: scalar.value < 0x300 ? 0.62 : scalar.value >= 0x1100 ? 1.1 : 0.66
        }
    }
}
