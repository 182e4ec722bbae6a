import CCurl
import Model

/// The parts of a URL that decide whom we talk to, read by libcurl's own parser (`curl_url_get(3)`), so that what is
/// checked is what is asked.
package struct WebAddress: Hashable, Sendable {
    package let scheme: String
    package let host: String
    package let port: Int
    package let path: String
    let hasCredentials: Bool

    /// Nil when libcurl cannot read it.
    package init?(_ url: String) {
        guard !url.utf8.contains(where: { $0 <= 32 || $0 == 127 }), let parser = curl_url() else { return nil }
        defer { curl_url_cleanup(parser) }
        guard curl_url_set(parser, CURLUPART_URL, url, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK else { return nil }
        func part(_ what: CURLUPart, flags: UInt32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parser, what, &text, flags) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST), !host.isEmpty else { return nil }
        self.scheme = scheme.lowercased()
        self.host = host.lowercased()
        port = part(CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT)).flatMap { Int($0) } ?? 0
        path = part(CURLUPART_PATH) ?? "/"
        hasCredentials = part(CURLUPART_USER) != nil || part(CURLUPART_PASSWORD) != nil
    }

    /// The address of a source as configured: nil unless it is `http` or `https` without credentials, query and fragment.
    package init?(source url: String) {
        guard let address = WebAddress(url), ["http", "https"].contains(address.scheme), !address.hasCredentials,
            !url.contains("?"), !url.contains("#")
        else { return nil }
        self = address
    }

    /// True when what is said travels unencrypted to another machine.
    package var isInClear: Bool { scheme == "http" && !Self.isLoopback(host: host) }

    /// Scheme, host and port: credentials given to one origin are never sent to another.
    package func hasSameOrigin(as other: WebAddress) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// For messages: no query, fragment or credentials.
    package var shown: String {
        let usual = scheme == "https" ? 443 : scheme == "http" ? 80 : -1
        return "\(scheme)://\(host)\(port == usual ? "" : ":\(port)")\(path.clipped(to: 200))"
    }

    /// True for this machine's own addresses.
    static func isLoopback(host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name == "::1" || name == "[::1]" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
