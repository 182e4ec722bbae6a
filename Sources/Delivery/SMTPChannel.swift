import Model
import Transport

/// Sends each mail to a mail server.
package struct SMTPChannel: Channel {
    package static let descriptor = ChannelDescriptor(
        kind: "smtp", summary: "Sends mails to a mail server.",
        settings: [
            .init(name: "host", kind: .text, isRequired: true, summary: "the mail server"),
            .init(name: "port", kind: .port, usual: "587, 465 for `tls`, 25 for `none`", summary: "its port"),
            .init(
                name: "security", kind: .choice(SMTPServer.Security.allCases.map(\.rawValue)), usual: "starttls",
                summary: "how the connection is protected; a password needs `starttls` or `tls`"),
            .init(name: "username", kind: .text, summary: "for servers that ask who we are"),
            .init(name: "password_file", kind: .path, summary: "a file whose first line is the password"),
            .init(
                name: "ca_file", kind: .path, usual: "the system's",
                summary: "a PEM file of the authorities that sign the server's certificate"),
            .init(name: "from", kind: .address, isRequired: true, summary: "the sender"),
            .init(name: "to", kind: .addresses, summary: "the recipients, unless a route names others"),
        ],
        sample: """
            kind: smtp
            host: mail.example.org
            security: starttls
            username: caseboard
            password_file: var/keys/smtp-password
            from: Caseboard <caseboard@example.org>
            to: team@example.org
            """)

    private let server: SMTPServer
    private let identity: MailIdentity

    package init(settings: ChannelSettings) throws(DeliveryError) {
        let text = settings.text("from") ?? ""
        guard let from = MailAddress(text) else { throw .badAddress(text.clipped(to: 100)) }
        identity = MailIdentity(from: from)
        server = SMTPServer(
            host: settings.text("host") ?? "localhost", port: settings.text("port").flatMap { Int($0) },
            security: settings.text("security").flatMap(SMTPServer.Security.init(rawValue:)) ?? .starttls,
            username: settings.text("username"),
            passwordFile: settings.text("password_file").map { _ in settings.path("password_file", usual: "") },
            caFile: settings.text("ca_file").map { _ in settings.path("ca_file", usual: "") }, clientName: identity.host)
    }

    /// A connection lost between the server's acceptance and its answer makes the outbox send the mail again; its
    /// Message-ID is the same, so that mail programs show it once.
    package func deliver(_ message: OutgoingMail, through access: ChannelAccess) async throws(DeliveryError) -> Receipt {
        let bytes = try Email.compose(message, from: identity)
        let recipients = try Email.recipients(of: message).map(\.address)
        do throws(TransportError) {
            let reply = try await access.smtp.send(SMTPMail(from: identity.from.address, to: recipients, bytes: bytes), through: server)
            return Receipt(channel: Self.descriptor.kind, messageID: Email.messageID(message.mail.id, identity), detail: reply)
        } catch {
            throw .transport(error)
        }
    }
}
