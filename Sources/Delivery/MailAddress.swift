import Model
import Transport

/// A mail address with or without a name, `Ann Example <ann@example.org>`.
package struct MailAddress: Hashable, Sendable {
    package let name: String
    package let address: String

    /// Nil when there is no plain ASCII address in it. The name is free text; it is encoded where it is written.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        if bytes.last == UInt8(ascii: ">"), let open = bytes.lastIndex(of: UInt8(ascii: "<")) {
            address = String(decoding: bytes[(open + 1)..<(bytes.count - 1)], as: UTF8.self)
            var words = String(decoding: bytes[..<open], as: UTF8.self).split(separator: " ").joined(separator: " ")
            if words.utf8.count >= 2, words.hasPrefix("\""), words.hasSuffix("\"") { words = String(words.dropFirst().dropLast()) }
            name = words
        } else {
            address = text.split(separator: " ").joined(separator: " ")
            name = ""
        }
        guard NetworkTransport.isEnvelopeAddress(address) else { return nil }
    }

    /// What stands behind the `@`.
    var domain: String { String(address.drop { $0 != "@" }.dropFirst()) }
}
