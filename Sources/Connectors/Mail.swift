import Formats
import Model
import Transport

/// Mails: of a Maildir or a file of mails on this machine, or of a mailbox on a mail server.
package struct MailConnector: Connector {
    package static let descriptor = ConnectorDescriptor(
        kind: "mail",
        summary: "What people and monitors report by mail, and answers to our digests: Maildir, mbox, or IMAP.",
        settings: [
            SettingDescriptor("path", .paths, "Maildir folders or mbox files; one of `path` and `url` is needed"),
            SettingDescriptor("url", .mailbox, "a mailbox on a server, which nothing is changed in"),
            SettingDescriptor("auth", .choice(["password", "oauth2"]), usual: "password", "what the secret is, of `url`"),
            SettingDescriptor("lookback", .duration, usual: "7d", "how far back the first run reads"),
            SettingDescriptor("max_mail_kib", .integer(16...2_048), usual: "1024", "so much of a mail is read, its attachments included"),
        ] + HTTPSource.settings.filter { shared.contains($0.name) },
        sample: """
            kind: mail
            url: imaps://mail.example.org/INBOX
            username: incidents@example.org
            secret_file: mail-password
            """)
    private static let shared: Set<String> = [
        "secret_file", "secret_command", "secret_env", "username", "ca_file", "client_certificate", "client_key", "proxy", "timeout",
        "allow_loopback", "allow_link_local", "service", "environment",
    ]

    private enum Place {
        case files(MailFiles)
        case server(MailServer)
    }
    private let place: Place
    private let settings: SourceSettings

    package init(settings: SourceSettings) throws(ConnectorError) {
        self.settings = settings
        switch (settings.text("url"), settings.texts("path").isEmpty) {
        case (let url?, true): place = .server(try MailServer(settings, url: url))
        case (nil, false): place = .files(MailFiles(settings))
        case (nil, true): throw .badSetting(setting: "path", why: "name the Maildir or mbox in `path`, or a mailbox in `url`")
        case (_?, false): throw .badSetting(setting: "url", why: "`path` is set too; make two sources of it")
        }
    }

    package var isRemote: Bool { if case .server = place { true } else { false } }
    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { isRemote ? cursors.readUntil : nil }
    package func cursors(refetching place: String) -> [String]? {
        switch self.place {
        case .files(let files): files.cursors(refetching: place)
        case .server: [MailServer.item]
        }
    }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        switch place {
        case .files(let files): files.fetch(after: cursors, through: access)
        case .server(let server): try await server.fetch(after: cursors, through: access)
        }
    }

    package func read(_ item: Page.Item) -> Reading {
        switch item.content {
        case .read(let reading): reading
        case .bytes(let bytes, let document): bytes.withUnsafeBytes { MailReader.read($0, from: document) }
        }
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        switch place {
        case .files(let files): files.probe(through: access)
        case .server(let server): await server.probe(through: access)
        }
    }
}

/// What all mails of a source share.
struct MailBounds {
    let lookbackMs: Int64
    let mailBytes: Int
    /// Where a page stops growing; smaller in tests.
    var pageBytes = Limits.logPageBytes
    var pageMails = 200

    init(_ settings: SourceSettings) {
        lookbackMs = settings.number("lookback") ?? 7 * .dayMs
        mailBytes = Int(settings.number("max_mail_kib") ?? 1_024) << 10
    }
}
