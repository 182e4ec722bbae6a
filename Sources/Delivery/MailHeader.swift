import Foundation
import Model

/// Writes header fields of RFC 5322 with the encoded words of RFC 2047. Whatever the text is, the field stays one field:
/// line ends and controls become blanks before anything else happens.
enum MailHeader {
    /// The length of a line that readers like (RFC 5322, 2.1.1), and that RFC 2047 demands of encoded words.
    private static let lineLimit = 76

    /// Free text: as it is when it is plain ASCII, else as encoded words.
    static func text(_ name: String, _ value: String) -> String {
        let value = value.clipped(to: 900).split(separator: " ").joined(separator: " ")
        let words = value.split(separator: " ")
        let isPlain = value.utf8.allSatisfy { $0 >= 32 && $0 < 127 } && !value.contains("=?") && words.allSatisfy { $0.utf8.count <= 60 }
        return isPlain
            ? folded(name, words.map(String.init)) : folded(name, encodedWords(value, firstRoom: lineLimit - name.utf8.count - 2))
    }

    /// Tokens, which are never broken, with a fold where the line would be too long.
    static func folded(_ name: String, _ tokens: [String]) -> String {
        var out = "\(name):"
        var column = out.utf8.count
        for (index, token) in tokens.enumerated() {
            if index > 0, column + 1 + token.utf8.count > lineLimit {
                out += "\r\n"
                column = 0
            }
            out += " \(token)"
            column += 1 + token.utf8.count
        }
        return out + "\r\n"
    }

    static func addresses(_ name: String, _ list: [MailAddress]) -> String {
        var tokens: [String] = []
        for (index, item) in list.enumerated() {
            let comma = index == list.count - 1 ? "" : ","
            if item.name.isEmpty {
                tokens.append(item.address + comma)
            } else {
                tokens += phrase(item.name, firstRoom: lineLimit - name.utf8.count - 2)
                tokens.append("<\(item.address)>" + comma)
            }
        }
        return folded(name, tokens)
    }

    /// A name before an address: words, a quoted string, or encoded words.
    static func phrase(_ text: String, firstRoom: Int = 60) -> [String] {
        let text = text.clipped(to: 200).split(separator: " ").joined(separator: " ")
        guard text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }), !text.contains("=?"), text.utf8.count <= 60 else {
            return encodedWords(text, firstRoom: firstRoom)
        }
        let symbols = Set("!#$%&'*+-/=?^_`{|}~ ".utf8)
        let isAtoms = text.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || symbols.contains($0)
        }
        if isAtoms { return text.split(separator: " ").map(String.init) }
        return ["\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""]
    }

    /// `=?utf-8?B?…?=`, each at most 75 characters and of whole characters (RFC 2047, 2 and 5).
    private static func encodedWords(_ text: String, firstRoom: Int) -> [String] {
        var words: [String] = []
        var chunk: [UInt8] = []
        func room() -> Int { (min(75, words.isEmpty ? firstRoom : lineLimit - 1) - 12) / 4 * 3 }
        func flush() {
            words.append("=?utf-8?B?" + Data(chunk).base64EncodedString() + "?=")
            chunk = []
        }
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if !chunk.isEmpty, chunk.count + bytes.count > room() { flush() }
            chunk += bytes
        }
        if !chunk.isEmpty { flush() }
        return words
    }
}
