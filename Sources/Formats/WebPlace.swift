/// A place on the web as part of an identity: which server, and where on it. Neither scheme, nor user, nor query, and no port that is
/// the scheme's own, so that one place has one text.
package struct WebPlace: Hashable, Sendable {
    /// `host`, or `host:port`, in lower case.
    package var server: String
    var path: [String]

    /// Nil for what is no address of `http` or `https`.
    package init?(_ url: String?) {
        guard let url = StructuredText.url(url), let scheme = url.firstRange(of: "://") else { return nil }
        let whole = url[scheme.upperBound...].prefix { $0 != "?" && $0 != "#" }
        let authority = whole.prefix { $0 != "/" }
        server = (authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority).lowercased()
        let own = url[..<scheme.lowerBound].lowercased() == "https" ? ":443" : ":80"
        if server.hasSuffix(own) { server.removeLast(own.count) }
        path = whole.dropFirst(authority.count).split(separator: "/").map(String.init)
    }

    /// `host:port/path`, without a slash at its end.
    package var text: String { ([server] + path).joined(separator: "/") }
}

/// What a project of a forge is known by, whichever of its doors tells of it: `github.com/example/shop`. Forges do not tell capitals
/// apart.
package enum ForgeProject {
    /// Of an address of a page (`https://github.com/example/shop/pull/7`) or of the API (`https://api.github.com/repos/example/shop`,
    /// `https://host/api/v3/repos/example/shop`).
    static func gitHub(_ address: String?) -> String? {
        guard let place = WebPlace(address) else { return nil }
        var path = place.path[...]
        if path.starts(with: ["api", "v3", "repos"]) {
            path = path.dropFirst(3)
        } else if place.server.hasPrefix(api), path.first == "repos" {
            path = path.dropFirst()
        }
        return path.count < 2 ? nil : gitHub(on: place, path.prefix(2).joined(separator: "/"))
    }
    /// Of a repository that is asked for at the address of the API.
    package static func gitHub(at url: String, repository: String) -> String {
        WebPlace(url).map { gitHub(on: $0, repository) } ?? repository.lowercased()
    }
    private static func gitHub(on place: WebPlace, _ repository: String) -> String {
        let server = place.server.hasPrefix(api) ? String(place.server.dropFirst(api.count)) : place.server
        return "\(server)/\(repository)".lowercased()
    }
    private static let api = "api."

    /// Of an address of a page: `https://gitlab.example.org/group/shop/-/issues/3`, and as it was before `/-/`.
    static func gitLab(_ address: String?) -> String? {
        guard var place = WebPlace(address), place.path.count >= 2 else { return nil }
        if let mark = place.path.firstIndex(of: "-") {
            place.path.removeSubrange(mark...)
        } else if place.path.count >= 4, sections.contains(place.path[place.path.count - 2]) {
            place.path.removeLast(2)
        }
        return place.text.lowercased()
    }
    private static let sections: Set = ["pipelines", "jobs", "builds", "issues", "merge_requests"]
    /// Of a project that is asked for at the address of the server.
    package static func gitLab(at url: String, project: String) -> String {
        "\(WebPlace(url)?.text ?? url)/\(project)".lowercased()
    }
}
