import CCrypto

/// SHA-256 by libcrypto (`EVP_Digest(3)`): the only hash that names facts, pages and files.
package enum SHA256Digest {
    package static func bytes(of input: UnsafeRawBufferPointer) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        write(input, into: &digest)
        return digest
    }
    /// Looked up once; `SHA256(3)` looks it up at each call, under a lock. It is never changed.
    nonisolated(unsafe) private static let method = EVP_MD_fetch(nil, "SHA256", nil)
    private static func write(_ input: UnsafeRawBufferPointer, into digest: UnsafeMutablePointer<UInt8>?) {
        if let method, EVP_Digest(input.baseAddress, input.count, digest, nil, method, nil) == 1 { return }
        _ = SHA256(input.baseAddress?.assumingMemoryBound(to: UInt8.self), input.count, digest)
    }
    package static func bytes(of text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { bytes(of: UnsafeRawBufferPointer($0)) }
    }
    package static func hex(of input: [UInt8]) -> String { input.withUnsafeBytes { hex(of: $0) } }
    package static func hex(of input: UnsafeRawBufferPointer) -> String {
        bytes(of: input).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    /// The first 128 bits, for what is kept in memory only.
    package static func prefix128(of input: UnsafeRawBufferPointer) -> ObjectDigest {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
            digest.initialize(repeating: 0)
            write(input, into: digest.baseAddress)
            let bytes = UnsafeRawBufferPointer(digest)
            return ObjectDigest(
                first: bytes.loadUnaligned(as: UInt64.self), second: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }
    /// The first 64 bits, for keys inside the store.
    package static func prefix64(of text: String) -> UInt64 {
        bytes(of: text).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Equal fingerprints mean the same fact: 80 bits of SHA-256 over named parts, in Crockford's base 32 (16 characters,
/// safe in URLs, file names and HTML ids).
package struct Fingerprint: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let text: String

    package init(stored text: String) { self.text = text }

    /// Each part is preceded by its length, so that no two lists of parts run together.
    package init(_ parts: [String]) {
        var joined: [UInt8] = []
        joined.reserveCapacity(parts.reduce(0) { $0 + $1.utf8.count + 8 })
        for part in parts {
            if !joined.isEmpty { joined.append(UInt8(ascii: ",")) }
            joined.append(contentsOf: String(part.utf8.count).utf8)
            joined.append(UInt8(ascii: ":"))
            joined.append(contentsOf: part.utf8)
        }
        text = Fingerprint.base32(joined.withUnsafeBytes { SHA256Digest.bytes(of: $0) }.prefix(10))
    }
    package init(_ parts: String...) { self.init(parts) }

    package static func < (left: Fingerprint, right: Fingerprint) -> Bool { left.text < right.text }
    package var description: String { text }

    package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    private static func base32(_ bytes: some Sequence<UInt8>) -> String {
        var out: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                out.append(alphabet[Int(buffer >> UInt32(bits)) & 31])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
