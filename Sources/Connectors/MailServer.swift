import Formats
import Model
import Transport

/// A mailbox on a mail server, read on behind the last mail by its number (UID), as long as the server keeps the numbering
/// (UIDVALIDITY). When it begins anew, what came since the last reading is read again: a mail known by its `Message-ID` counts once.
struct MailServer: Sendable {
    static let item = "mailbox"
    private let settings: SourceSettings
    private let url: String
    private let secrets: SecretSource?
    private let connection: ConnectionSettings
    private let timeoutSeconds: Double
    private let address: WebAddress
    let bounds: MailBounds

    init(_ settings: SourceSettings, url: String) throws(ConnectorError) {
        guard let address = IMAPMailbox.address(url)?.address else { throw .badSetting(setting: "url", why: "write `imaps://host/INBOX`") }
        self.settings = settings
        self.url = url
        self.address = address
        secrets = SecretSource(settings)
        connection = ConnectionSettings(settings)
        timeoutSeconds = settings.timeoutSeconds
        bounds = MailBounds(settings)
        if secrets != nil, settings.text("username") == nil {
            throw .badSetting(setting: "username", why: "a mail server asks who logs in")
        }
    }

    func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        let known = cursors[Self.item]?.state
        let asked = known?["asked"]?.intValue
        if let asked, asked >= access.now.ms, known?["more"]?.boolValue != true { return nil }
        let since = known?["until"]?.intValue.map { Instant(ms: $0) - .dayMs } ?? access.now - bounds.lookbackMs
        let question = IMAPQuestion(
            uidValidity: known?["validity"]?.intValue, after: max(0, known?["uid"]?.intValue ?? 0), since: since,
            maxMails: bounds.pageMails, maxMailBytes: bounds.mailBytes, pageBytes: bounds.pageBytes)
        let found = try await ask(question, through: access)
        var page = Page()
        for mail in found.mails {
            let place = "\(url), mail \(mail.uid)"
            let came = Instant(feedDate: mail.receivedAt) ?? access.now
            page.items.append(Page.Item(place: place, content: .bytes(mail.bytes, from: settings.origin(place, at: came))))
        }
        let newest = found.mails.last.flatMap { Instant(feedDate: $0.receivedAt) }
        let until = found.more == 0 ? access.now : newest ?? since
        page.cursorUpdates[Self.item] = Cursor([
            "validity": .int(found.uidValidity), "uid": .int(found.lastUID), "asked": .int(access.now.ms), "until": .int(until.ms),
            "more": .bool(found.more > 0),
        ])
        return page
    }

    private func ask(
        _ question: IMAPQuestion, through access: SourceAccess, policy: RetryPolicy = RetryPolicy()
    ) async throws(ConnectorError) -> IMAPMails {
        let secret = try await access.secret(from: secrets, of: settings.name)
        let mailbox = IMAPMailbox(
            url: url, username: settings.text("username"), secret: secret?.password, usesToken: settings.text("auth") == "oauth2")
        let network = NetworkTransport(connection)
        return try await access.carry(
            for: settings.name, to: address.shown, host: "\(address.host):\(address.port)", timeoutSeconds: timeoutSeconds, policy: policy
        ) { (seconds) async throws(TransportError) in try await network.mails(question, of: mailbox, timeoutSeconds: seconds) }
    }

    func probe(through access: SourceAccess) async -> SourceProbe {
        var once = RetryPolicy()
        once.maxRetries = 0
        var probe = SourceProbe()
        probe.diagnostics = secrets?.diagnostics(of: settings.name) ?? []
        let question = IMAPQuestion(
            after: 0, since: access.now - bounds.lookbackMs, maxMails: 1, maxMailBytes: 16 << 10, pageBytes: 16 << 10)
        do throws(ConnectorError) {
            let found = try await ask(question, through: access, policy: once)
            let recent = found.mails.count + found.more
            probe.findings = [
                "\(address.shown) answers" + (secrets == nil ? "" : ", credentials accepted"),
                "\(found.count) \(found.count == 1 ? "mail" : "mails"), \(recent) of the time that the first run reads",
            ]
            if let mail = found.mails.first {
                let origin = settings.origin(url, at: access.now)
                let event = mail.bytes.withUnsafeBytes { MailReader.read($0, from: origin) }.events.first
                if let event { probe.findings.append("the first of them is the \(event.type.rawValue) “\(event.title)”") }
            }
        } catch {
            probe.failed(at: address.shown, error, of: settings.name)
        }
        return probe
    }
}
