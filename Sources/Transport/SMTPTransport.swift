import CCurl
import Model

/// Hands one finished mail to a mail server.
package protocol SMTPTransport: Sendable {
    /// Returns the server's last words, which often hold its queue id. All recipients are taken or the mail is not sent.
    func send(_ mail: SMTPMail, through server: SMTPServer) async throws(TransportError) -> String
}

package struct SMTPMail: Hashable, Sendable {
    /// The envelope: bare addresses.
    package var from: String
    package var to: [String]
    /// The mail as in RFC 5322, lines ended by CRLF. Dots are stuffed here, not by the caller.
    package var bytes: [UInt8]
    package init(from: String, to: [String], bytes: [UInt8]) {
        self.from = from
        self.to = to
        self.bytes = bytes
    }
}

package struct SMTPServer: Hashable, Sendable {
    package enum Security: String, CaseIterable, Sendable {
        /// TLS after a greeting in clear, and nothing at all when the server cannot (RFC 3207); usually port 587.
        case starttls
        /// TLS from the first byte (RFC 8314); usually port 465.
        case tls
        /// In clear; a password is then refused unless the server is this machine.
        case none
    }
    package var host: String
    package var port: Int
    package var security: Security
    package var username: String?
    /// One line; read at each mail, so that a changed password needs no restart.
    package var passwordFile: String?
    /// A PEM file of authorities, instead of the system's.
    package var caFile: String?
    /// What we call ourselves in EHLO.
    package var clientName: String
    package var timeoutSeconds = 60.0

    package init(
        host: String, port: Int? = nil, security: Security = .starttls, username: String? = nil, passwordFile: String? = nil,
        caFile: String? = nil, clientName: String = "localhost"
    ) {
        self.host = host
        self.port = port ?? (security == .starttls ? 587 : security == .tls ? 465 : 25)
        self.security = security
        self.username = username
        self.passwordFile = passwordFile
        self.caFile = caFile
        self.clientName = clientName
    }
}

extension NetworkTransport {
    package func send(_ mail: SMTPMail, through server: SMTPServer) async throws(TransportError) -> String {
        let place = "\(server.host):\(server.port)"
        let password = try Self.password(for: server, place: place)
        guard !mail.to.isEmpty else { throw .badAddress("") }
        for address in [mail.from] + mail.to where !Self.isEnvelopeAddress(address) { throw .badAddress(address.clipped(to: 100)) }
        let scheme = server.security == .tls ? "smtps" : "smtp"
        let url = "\(scheme)://\(server.host):\(server.port)/\(server.clientName)"
        guard let address = WebAddress(url), address.port == server.port, !address.hasCredentials else {
            throw .badURL(url: place, why: "it is no host and port")
        }
        let exchange = CurlExchange(outgoing: mail.bytes, maxBodyBytes: 0)
        return try await onOwnThread(exchange) { () throws(TransportError) in
            guard let handle = CurlHandle(exchange, from: CurlPool()) else { throw .broken(place: place, why: "libcurl did not start") }
            prepareConnection(handle, connectTimeoutSeconds: 15, timeoutSeconds: server.timeoutSeconds)
            handle.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
            handle.set(CURLOPT_URL, url)
            handle.set(CURLOPT_USE_SSL, Int((server.security == .none ? CURLUSESSL_NONE : CURLUSESSL_ALL).rawValue))
            if let caFile = server.caFile { handle.set(CURLOPT_CAINFO, caFile) }
            if let password {
                handle.set(CURLOPT_USERNAME, server.username ?? "")
                handle.set(CURLOPT_PASSWORD, password)
            }
            handle.set(CURLOPT_MAIL_FROM, "<\(mail.from)>")
            handle.set(CURLOPT_MAIL_RCPT, list: mail.to.map { "<\($0)>" })
            handle.set(CURLOPT_UPLOAD, 1)
            handle.set(CURLOPT_INFILESIZE_LARGE, offset: mail.bytes.count)
            let (code, words) = handle.perform()
            let reply = (Self.lastReply(exchange.headerLines) ?? "").clipped(to: 300)
            let refused: [CURLcode] = [
                CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_LOGIN_DENIED, CURLE_WEIRD_SERVER_REPLY, CURLE_REMOTE_ACCESS_DENIED,
            ]
            if refused.contains(code), handle.responseCode >= 400 {
                throw .mailRefused(place: place, code: handle.responseCode, reply: reply)
            }
            if let error = failure(code, words, exchange, place: place, host: server.host, seconds: server.timeoutSeconds) { throw error }
            return reply
        }
    }

    /// The last line that answers the mail itself; QUIT's `221` says nothing about it.
    private static func lastReply(_ lines: [String]) -> String? { lines.last { !$0.isEmpty && !$0.hasPrefix("221") } }

    private static func password(for server: SMTPServer, place: String) throws(TransportError) -> String? {
        guard server.username != nil, let file = server.passwordFile else { return nil }
        if server.security == .none, !WebAddress.isLoopback(host: server.host) { throw .passwordInClear(place: place) }
        guard let text = firstLine(ofFile: file), !text.isEmpty else { throw .unreadablePassword(path: file) }
        return text
    }

    /// Narrower than RFC 5321 allows, wide enough for every address that exists: printable ASCII, one `@`, nothing that
    /// could end the command or begin another.
    package static func isEnvelopeAddress(_ address: String) -> Bool {
        let bytes = Array(address.utf8)
        guard bytes.count <= 254, let at = bytes.firstIndex(of: 64), at > 0, at <= 64, at < bytes.count - 1, bytes[0] != 45 else {
            return false
        }
        let forbidden = Set("<>()[]\\,;:\" @".utf8)
        return bytes[..<at].allSatisfy { $0 > 32 && $0 < 127 && !forbidden.contains($0) }
            && bytes[(at + 1)...].allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 46
            }
    }
}
