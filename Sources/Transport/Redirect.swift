/// What a redirect may do with a request, apart from the network that carries it.
enum Redirect {
    /// The headers that say nothing about who asks; the only ones that go to another origin.
    private static let harmless: Set<String> = ["accept", "accept-language", "user-agent", "if-none-match", "if-modified-since"]
    private static let statuses: Set<Int> = [301, 302, 303, 307, 308]

    /// The request to send next, or nil when the answer is to be taken as it is.
    static func next(after request: HTTPRequest, status: Int, location: String?) throws(TransportError) -> HTTPRequest? {
        guard statuses.contains(status), let location, request.method == .get || request.method == .head else { return nil }
        guard let here = WebAddress(request.url) else { throw .badURL(url: request.url, why: "it cannot be read") }
        guard let there = WebAddress(location) else { throw .unsafeRedirect(from: here.shown, to: "what is no web address") }
        guard there.scheme == "https" || there.scheme == here.scheme, !there.hasCredentials else {
            throw .unsafeRedirect(from: here.shown, to: there.shown)
        }
        var next = request
        next.url = location
        if !there.hasSameOrigin(as: here) { next.headers.removeAll { !harmless.contains($0.name.lowercased()) } }
        return next
    }
}
