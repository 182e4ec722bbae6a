import Model

/// One question over HTTP, or over HTTPS, and its answer: all that a network connector or channel sees of the network.
package protocol HTTPTransport: Sendable {
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}

package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
}

package struct HTTPHeader: Hashable, Sendable {
    package var name: String
    package var value: String
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

package struct HTTPRequest: Hashable, Sendable {
    package var method: HTTPMethod
    /// Absolute, `http` or `https`, without credentials in it.
    package var url: String
    package var headers: [HTTPHeader]
    package var body: [UInt8]?
    /// For the whole exchange, redirects included.
    package var timeoutSeconds = 30.0
    package var connectTimeoutSeconds = 10.0
    /// Counted after decompression.
    package var maxResponseBytes = Limits.documentBytes
    /// GET and HEAD follow this many; other methods follow none and give the 3xx answer to the caller.
    package var maxRedirects = 5
    /// True when sending it twice does what sending it once does: only then is it sent again after a failure.
    package var isRepeatable: Bool

    package init(_ method: HTTPMethod = .get, _ url: String, headers: [HTTPHeader] = [], body: [UInt8]? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        isRepeatable = method == .get || method == .head
    }
}

package struct HTTPResponse: Hashable, Sendable {
    package var status: Int
    package var headers: [HTTPHeader]
    package var body: [UInt8]
    /// Where the answer came from, after redirects.
    package var url: String
    package init(status: Int, headers: [HTTPHeader] = [], body: [UInt8] = [], url: String = "") {
        self.status = status
        self.headers = headers
        self.body = body
        self.url = url
    }

    package var isSuccess: Bool { (200..<300).contains(status) }

    /// The first header of that name, whatever its case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }

    /// True when the server takes no more requests for now: `429`, or `403` that says so by `Retry-After`, by a limit of which nothing
    /// remains, or in words, as GitHub does (<https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>).
    package var isRateLimited: Bool {
        if status == 429 { return true }
        guard status == 403 else { return false }
        if header("retry-after") != nil || isLimitSpent { return true }
        return String(decoding: body.prefix(2_048), as: UTF8.self).lowercased().contains("rate limit")
    }
    private var isLimitSpent: Bool { (header("x-ratelimit-remaining") ?? header("ratelimit-remaining"))?.trimmed == "0" }

    /// How long to wait before asking again, in seconds from `now`: `Retry-After`; else, of a limit of which nothing remains, until its
    /// `X-RateLimit-Reset` or `RateLimit-Reset`; else the minute that GitHub wants of a `403` that names no time.
    package func waitSeconds(now: Instant) -> Double? {
        if let seconds = retryAfterSeconds(now: now) { return seconds }
        guard isRateLimited else { return nil }
        if isLimitSpent, let reset = (header("x-ratelimit-reset") ?? header("ratelimit-reset"))?.trimmed {
            // Either when, or in how many seconds.
            if let number = Double(reset), number >= 0 { return number < 1e8 ? number : max(0, number - Double(now.ms) / 1_000) }
            if let moment = Instant(rfc3339: reset) { return max(0, Double(moment - now) / 1_000) }
        }
        return status == 403 ? 60 : nil
    }

    /// Where `Link: <…>; rel="next"` leads (RFC 8288); nil when there is no such link.
    package var nextLink: String? {
        guard let value = header("link") else { return nil }
        for link in value.split(separator: ",") {
            let parts = link.split(separator: ";").map { String($0).trimmed }
            guard let target = parts.first, target.hasPrefix("<"), target.hasSuffix(">") else { continue }
            if parts.dropFirst().contains(where: { $0 == "rel=\"next\"" || $0 == "rel=next" }) {
                return String(target.dropFirst().dropLast())
            }
        }
        return nil
    }

    /// `Retry-After` in seconds from `now`, as digits or as an HTTP date (RFC 9110, 10.2.3); nil when absent or unreadable.
    package func retryAfterSeconds(now: Instant) -> Double? {
        guard let value = header("retry-after")?.trimmed else { return nil }
        if let seconds = Int(value) { return seconds >= 0 ? Double(seconds) : nil }
        guard let moment = Instant(httpDate: value) else { return nil }
        return max(0, Double(moment - now) / 1_000)
    }
}

extension String {
    /// Without blanks and tabs at either end.
    var trimmed: String {
        let isBlank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 }
        let bytes = utf8.drop(while: isBlank)
        return String(decoding: bytes.reversed().drop(while: isBlank).reversed(), as: UTF8.self)
    }
}

extension Instant {
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the only date form a server may still send (RFC 9110, 5.6.7).
    package init?(httpDate text: some StringProtocol) {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let year = Int(words[3]),
            let month = CivilTime.monthNames.firstIndex(of: String(words[2]))
        else { return nil }
        let clock = words[4].split(separator: ":").map { Int($0) ?? -1 }
        guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2]),
            (1...31).contains(day), (1...9999).contains(year)
        else { return nil }
        let days = Instant.daysFromCivil(year: year, month: month + 1, day: day)
        self.init(ms: days * .dayMs + Int64(clock[0] * 3_600 + clock[1] * 60 + clock[2]) * 1_000)
    }
}
