import Model
import Transport

/// Where mails go: one implementation a file. A channel is made from its settings alone, keeps nothing between mails, and
/// says of each failure whether trying later makes sense; remembering and retrying is the outbox's work.
package protocol Channel: Sendable {
    static var descriptor: ChannelDescriptor { get }
    init(settings: ChannelSettings) throws(DeliveryError)
    /// Delivers one mail to its recipients, all or none. The same mail again is the same message, by its Message-ID.
    func deliver(_ message: OutgoingMail, through access: ChannelAccess) async throws(DeliveryError) -> Receipt
}

/// A digest on its way: what it says, to whom, and the moment that stands in its `Date`.
package struct OutgoingMail: Hashable, Codable, Sendable {
    package var mail: DigestMail
    /// `ann@example.org` or `Ann Example <ann@example.org>`.
    package var to: [String]
    package var date: Instant
    package init(mail: DigestMail, to: [String], date: Instant) {
        self.mail = mail
        self.to = to
        self.date = date
    }
}

/// The proof of a delivery, kept with the outbox entry.
package struct Receipt: Hashable, Codable, Sendable {
    package var channel: String
    package var messageID: String
    /// The file written, or the server's last words.
    package var detail: String
    package init(channel: String, messageID: String, detail: String) {
        self.channel = channel
        self.messageID = messageID
        self.detail = detail
    }
}

/// The rim of a channel: what it may touch beside files and processes.
package struct ChannelAccess: Sendable {
    package var smtp: any SMTPTransport
    package init(smtp: any SMTPTransport) { self.smtp = smtp }
}

/// What a channel is, for documentation, for `check` and for the validation of its settings.
package struct ChannelDescriptor: Sendable {
    package struct Setting: Hashable, Sendable {
        package enum Kind: Hashable, Sendable { case text, path, address, port, addresses, choice([String]) }
        package var name: String
        package var kind: Kind
        package var isRequired = false
        package var usual = ""
        package var summary: String
    }
    package var kind: String
    package var summary: String
    package var settings: [Setting]
    /// YAML that works, without the name.
    package var sample: String
}

/// A channel's settings after validation: every value is text or a list of texts.
package struct ChannelSettings: Sendable {
    /// The name in the configuration.
    package let name: String
    package let kind: String
    package let workspace: String
    private let values: [String: [String]]

    package init(name: String, kind: String, workspace: String, values: [String: [String]]) {
        self.name = name
        self.kind = kind
        self.workspace = workspace
        self.values = values
    }
    package func text(_ setting: String) -> String? { values[setting]?.first }
    package func texts(_ setting: String) -> [String] { values[setting] ?? [] }
    /// Absolute; a relative path starts at the workspace.
    package func path(_ setting: String, usual: String) -> String {
        let path = text(setting) ?? usual
        return path.hasPrefix("/") ? path : "\(workspace)/\(path)"
    }
}

/// A setting that cannot be used. The corridor knows its line.
package struct ChannelSettingProblem: Error, Hashable, Sendable {
    /// Empty when the channel as a whole is meant.
    package var setting: String
    package var message: String
    package var remedy: String
}

package enum ChannelCatalog {
    package static let all: [any Channel.Type] = [FolderChannel.self, SendmailChannel.self, SMTPChannel.self]

    package static func kind(_ name: String) throws(ChannelSettingProblem) -> any Channel.Type {
        if let found = all.first(where: { $0.descriptor.kind == name }) { return found }
        let kinds = all.map { $0.descriptor.kind }
        let remedy =
            nearestName(to: name, among: kinds).map { "did you mean `\($0)`?" } ?? "the kinds are "
            + kinds.map { "`\($0)`" }.joined(separator: ", ")
        throw ChannelSettingProblem(setting: "kind", message: "no channel kind is named `\(name.clipped(to: 60))`", remedy: remedy)
    }

    /// Checks values as they stand in the configuration (text, numbers, lists of these) and returns all that is wrong.
    package static func settings(
        name: String, kind: String, values: [String: JSONValue], workspace: String
    ) -> Result<ChannelSettings, ChannelSettingProblems> {
        var problems: [ChannelSettingProblem] = []
        var read: [String: [String]] = [:]
        do throws(ChannelSettingProblem) {
            let descriptor = try self.kind(kind).descriptor
            let known = descriptor.settings.map(\.name)
            for (setting, value) in values.sorted(by: { $0.key < $1.key }) {
                guard let wanted = descriptor.settings.first(where: { $0.name == setting }) else {
                    let remedy =
                        nearestName(to: setting, among: known).map { "did you mean `\($0)`?" } ?? "it takes "
                        + known.map { "`\($0)`" }.joined(separator: ", ")
                    problems.append(
                        ChannelSettingProblem(
                            setting: setting, message: "`\(kind)` has no setting `\(setting.clipped(to: 60))`", remedy: remedy))
                    continue
                }
                do throws(ChannelSettingProblem) { read[setting] = try wanted.read(value) } catch { problems.append(error) }
            }
            for wanted in descriptor.settings where wanted.isRequired && values[wanted.name] == nil {
                problems.append(
                    ChannelSettingProblem(
                        setting: "", message: "`\(kind)` needs the setting `\(wanted.name)`: \(wanted.summary)",
                        remedy: "write for example:\n\(descriptor.sample)"))
            }
        } catch { problems.append(error) }
        if !problems.isEmpty { return .failure(ChannelSettingProblems(all: problems)) }
        return .success(ChannelSettings(name: name, kind: kind, workspace: workspace, values: read))
    }
}

package struct ChannelSettingProblems: Error, Hashable, Sendable {
    package var all: [ChannelSettingProblem]
}

extension ChannelDescriptor.Setting {
    fileprivate func read(_ value: JSONValue) throws(ChannelSettingProblem) -> [String] {
        let list = value.arrayValue
        let texts = (list ?? [value]).compactMap { $0.scalarText }
        func wrong(_ wanted: String) -> ChannelSettingProblem {
            ChannelSettingProblem(setting: name, message: "`\(name)` must be \(wanted)", remedy: "")
        }
        guard texts.count == (list?.count ?? 1), !texts.contains(where: { $0.unicodeScalars.contains { $0.value < 32 } }) else {
            throw wanted(wrong)
        }
        if list != nil, kind != .addresses { throw wanted(wrong) }
        switch kind {
        case .text, .path: if texts.contains("") { throw wanted(wrong) }
        case .port: if !texts.allSatisfy({ (1...65_535).contains(Int($0) ?? 0) }) { throw wanted(wrong) }
        case .choice(let choices): if !texts.allSatisfy(choices.contains) { throw wanted(wrong) }
        case .address, .addresses:
            for text in texts where MailAddress(text) == nil {
                throw ChannelSettingProblem(
                    setting: name, message: "`\(text.clipped(to: 100))` is no mail address",
                    remedy: "write `name@example.org` or `Name <name@example.org>`")
            }
        }
        return texts
    }
    private func wanted(_ wrong: (String) -> ChannelSettingProblem) -> ChannelSettingProblem {
        switch kind {
        case .text: wrong("a text")
        case .path: wrong("a path")
        case .port: wrong("a port from 1 to 65535")
        case .choice(let choices): wrong("one of " + choices.map { "`\($0)`" }.joined(separator: ", "))
        case .address: wrong("a mail address")
        case .addresses: wrong("a mail address or a list of them")
        }
    }
}
