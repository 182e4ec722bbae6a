import Glibc

/// Which addresses may be connected to. A name says nothing about where it leads, so the *resolved* address is judged, at each
/// connection and each redirect: this machine and the link (where clouds keep their metadata and its keys) only when asked for.
package struct AddressPolicy: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case loopback = "this machine itself"
        case linkLocal = "a link-local address"
        case noHost = "no address of a host"
    }
    package var allowsLoopback: Bool
    package var allowsLinkLocal: Bool
    /// For what a person wrote down for this very purpose, such as a mail server.
    package static let any = AddressPolicy(allowsLoopback: true, allowsLinkLocal: true)

    package init(allowsLoopback: Bool = false, allowsLinkLocal: Bool = false) {
        self.allowsLoopback = allowsLoopback
        self.allowsLinkLocal = allowsLinkLocal
    }

    /// Why an address of 4 or 16 bytes in network order must not be connected to; nil when it may.
    package func refusal(of address: [UInt8]) -> Kind? {
        switch Self.kind(address) {
        case .loopback: allowsLoopback ? nil : .loopback
        case .linkLocal: allowsLinkLocal ? nil : .linkLocal
        case let other: other
        }
    }

    /// The same for a host written as an address, or as a name that always means this machine; nil for other names.
    package func refusal(ofHost host: String) -> Kind? {
        let name = host.hasPrefix("[") ? String(host.dropFirst().prefix { $0 != "]" && $0 != "%" }) : host
        if name == "localhost" || name.hasSuffix(".localhost") { return allowsLoopback ? nil : .loopback }
        return Self.bytes(name).flatMap { refusal(of: $0) }
    }

    static func bytes(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// RFC 6890 (special-purpose addresses), RFC 4291 2.5 (IPv4 in IPv6), RFC 6052 (NAT64's well-known prefix).
    static func kind(_ address: [UInt8]) -> Kind? {
        if address.count == 16 {
            let head = address[..<12]
            let isMapped = head[..<10].allSatisfy { $0 == 0 } && head[10] == 0xFF && head[11] == 0xFF
            let isTranslated = head.elementsEqual([0, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8))
            if isMapped || isTranslated { return kind(Array(address[12...])) }
            if address[..<15].allSatisfy({ $0 == 0 }) { return address[15] == 1 ? .loopback : address[15] == 0 ? .loopback : nil }
            if address[0] == 0xFE, address[1] & 0xC0 == 0x80 { return .linkLocal }
            // The one address outside of the link that clouds give to their metadata over IPv6.
            if address.elementsEqual([0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54]) { return .linkLocal }
            return address[0] == 0xFF ? .noHost : nil
        }
        guard address.count == 4 else { return .noHost }
        switch (address[0], address[1]) {
        case (127, _), (0, _): return .loopback  // connecting to 0.0.0.0 reaches this machine
        case (169, 254): return .linkLocal
        case (224..., _): return .noHost
        default: return nil
        }
    }
}
