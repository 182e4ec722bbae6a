/// Why a request got no answer, or a mail was not taken. URLs are shown without query and credentials.
package enum TransportError: Error, Hashable, Sendable {
    case badURL(url: String, why: String)
    case badHeader(name: String)
    case badAddress(String)
    case unresolved(host: String)
    case unreachable(place: String, why: String)
    case timedOut(place: String, seconds: Double)
    /// The certificate is not to be trusted, or the two sides found no common cipher.
    case untrusted(place: String, why: String)
    case tooLarge(place: String, limitBytes: Int)
    case tooManyRows(place: String, limit: Int)
    case tooManyRedirects(place: String, limit: Int)
    /// From https to http, or to another scheme.
    case unsafeRedirect(from: String, to: String)
    case broken(place: String, why: String)
    /// An answer came, but it is not what was asked for, or not all of it.
    case garbled(place: String, why: String)
    case addressRefused(place: String, kind: AddressPolicy.Kind)
    /// The mail server's answer: 4yz asks to try later, 5yz is final (RFC 5321, 4.2.1). 0 when it said nothing.
    case mailRefused(place: String, code: Int, reply: String)
    /// A password is sent over an encrypted connection only, or to this machine.
    case passwordInClear(place: String)
    case unreadablePassword(path: String)
    /// The server said no, in its own protocol, and will say so again: the credentials, a name, a right.
    case refused(place: String, why: String)
    case cancelled

    /// The codes by which a mail server refuses who we are, and not the mail (RFC 4954, 6).
    package static func isAboutLogin(_ code: Int) -> Bool { [530, 534, 535, 538].contains(code) }

    /// True when the same request may succeed later without anybody changing anything.
    package var isTransient: Bool {
        switch self {
        case .unresolved, .unreachable, .timedOut, .broken, .garbled, .cancelled: true
        case .mailRefused(_, let code, _): !(500..<600).contains(code)
        case .badURL, .badHeader, .badAddress, .untrusted, .tooLarge, .tooManyRows, .tooManyRedirects, .unsafeRedirect,
            .passwordInClear, .unreadablePassword, .addressRefused, .refused:
            false
        }
    }
}

extension TransportError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badURL(let url, let why): "`\(url)` is no address to ask: \(why)"
        case .badHeader(let name): "the header `\(name)` has characters that a header may not have; remove line ends and controls"
        case .badAddress(let address): "`\(address)` is no mail address; write `name@example.org`"
        case .unresolved(let host): "the name `\(host)` was not found; check its spelling and the name server"
        case .unreachable(let place, let why): "no connection to \(place): \(why)"
        case .timedOut(let place, let seconds): "\(place) did not answer within \(max(1, Int(seconds.rounded()))) s"
        case .untrusted(let place, let why):
            "the certificate of \(place) is not trusted: \(why); name your own authority's file in `ca_file`"
        case .tooLarge(let place, let limit): "the answer of \(place) is larger than \(limit) bytes; ask for less at a time"
        case .tooManyRows(let place, let limit): "the answer of \(place) has more than \(limit) rows; ask for less at a time"
        case .tooManyRedirects(let place, let limit): "\(place) redirected more than \(limit) times"
        case .unsafeRedirect(let from, let to): "\(from) redirects to \(to), which is less safe; not followed"
        case .broken(let place, let why): "the exchange with \(place) broke off: \(why)"
        case .garbled(let place, let why): "\(place) did not answer as such a server does: \(why)"
        case .addressRefused(let place, .loopback):
            "\(place) is this machine itself; set `allow_loopback: true` if that is meant"
        case .addressRefused(let place, .linkLocal):
            "\(place) leads to a link-local address; set `allow_link_local: true` if that is meant"
        case .addressRefused(let place, .noHost): "\(place) leads to no address of a host; check the name"
        case .mailRefused(let place, let code, let reply) where Self.isAboutLogin(code):
            "the mail server \(place) refused the log-in: \(reply); check `username` and `password_file`"
        case .mailRefused(let place, let code, let reply):
            "the mail server \(place) refused the mail" + (code == 0 ? "" : " with \(code)") + (reply.isEmpty ? "" : ": \(reply)")
        case .passwordInClear(let place):
            "a password would go to \(place) unencrypted; set `security` to `starttls` or `tls`"
        case .unreadablePassword(let path): "the password file `\(path)` cannot be read or is empty"
        case .refused(let place, let why): "\(place) refuses: \(why)"
        case .cancelled: "the run was interrupted"
        }
    }
}
