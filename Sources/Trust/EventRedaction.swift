import Model

extension Redactor {
    /// The event without its secrets, sealed anew (the fingerprint stays: it is the identity of the fact), and how many there
    /// were of each kind. Attribute names stay; a value whose name says it is a secret goes as a whole.
    package func redact(_ event: Event) -> (Event, [String: Int]) {
        var event = event
        var counts: [String: Int] = [:]
        func clean(_ text: String) -> String {
            let redacted = redact(text)
            counts.merge(redacted.counts, uniquingKeysWith: +)
            return redacted.text
        }
        event.title = clean(event.title)
        event.body = clean(event.body)
        event.url = event.url.map(clean)
        event.host = event.host.map(clean)
        event.component = event.component.map(clean)
        event.sourceID = event.sourceID.map(clean)
        event.tags = event.tags.map(clean)
        event.attributes = event.attributes.reduce(into: [:]) { out, member in
            out[member.key] = redact(member.value, named: member.key, &counts)
        }
        event.sealID()
        return (event, counts)
    }

    /// The same for any document.
    package func redact(_ value: JSONValue, counts: inout [String: Int]) -> JSONValue { redact(value, named: "", &counts) }

    private func redact(_ value: JSONValue, named name: String, _ counts: inout [String: Int]) -> JSONValue {
        if let kind = SecretNames.kind(of: name) { return hide(value, kind, &counts) }
        switch value {
        case .string(let text):
            let redacted = redact(text)
            if redacted.counts.isEmpty { return value }
            counts.merge(redacted.counts, uniquingKeysWith: +)
            return .string(redacted.text)
        case .array(let values): return .array(values.map { redact($0, named: "", &counts) })
        case .object(let members):
            return .object(
                members.reduce(into: [:]) { out, member in out[member.key] = redact(member.value, named: member.key, &counts) })
        case .int(let number):
            // A card number may come as a number.
            let redacted = redact(String(number))
            if redacted.counts.isEmpty { return value }
            counts.merge(redacted.counts, uniquingKeysWith: +)
            return .string(redacted.text)
        case .null, .bool, .double: return value
        }
    }

    private func hide(_ value: JSONValue, _ kind: String, _ counts: inout [String: Int]) -> JSONValue {
        switch value {
        case .string(let text):
            if text.isEmpty || text == "[redacted:\(kind)]" { return value }
            if text.hasPrefix("[redacted:"), text.hasSuffix("]"), !text.dropFirst().contains("[") { return value }
            counts[kind, default: 0] += 1
            return .string("[redacted:\(kind)]")
        case .int, .double:
            counts[kind, default: 0] += 1
            return .string("[redacted:\(kind)]")
        case .array(let values): return .array(values.map { hide($0, kind, &counts) })
        case .object(let members): return .object(members.reduce(into: [:]) { $0[$1.key] = hide($1.value, kind, &counts) })
        case .null, .bool: return value
        }
    }
}

/// Names that say their value is a secret, in any case and with any of `_`, `-`, `.` or nothing between words.
enum SecretNames {
    static func kind(of name: String) -> String? {
        var name = name
        return name.withUTF8 { kind(ofASCII: $0) } ?? kind(ofAny: name)
    }

    /// Nil in nil when a byte of the name is not ASCII.
    private static func kind(ofASCII name: UnsafeBufferPointer<UInt8>) -> String?? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 81) { plain -> String?? in
            var count = 0
            for byte in name {
                if byte >= 128 { return nil }
                if byte == 95 || byte == 45 || byte == 46 || byte == 32 { continue }
                if count < 81 {
                    plain.initializeElement(at: count, to: byte >= 65 && byte <= 90 ? byte + 32 : byte)
                    count += 1
                }
            }
            if count > 80 { return .some(nil) }
            for (kind, words) in endingBytes {
                for word in words where word.count <= count && word.elementsEqual(plain[(count - word.count)..<count]) { return kind }
            }
            return .some(nil)
        }
    }

    private static func kind(ofAny name: String) -> String? {
        let plain = name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != "." && $0 != " " }
        if plain.isEmpty || plain.utf8.count > 80 { return nil }
        for (kind, words) in endings where words.contains(where: { plain.hasSuffix($0) }) { return kind }
        return nil
    }

    private static let endings: [(String, [String])] = [
        ("password", ["password", "passwd", "passphrase", "pwd", "passwordhash"]),
        ("secret", ["secret", "secrets", "credentials", "secretkey", "secretaccesskey", "secretkeybase"]),
        ("api-key", ["apikey", "accesskey", "privatekey", "authkey", "signingkey", "encryptionkey"]),
        ("token", ["token", "jwt"]),
        ("authorization", ["authorization", "cookie"]),
    ]
    private static let endingBytes = endings.map { ($0.0, $0.1.map { Array($0.utf8) }) }
}
