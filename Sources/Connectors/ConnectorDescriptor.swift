import Model
import Transport

/// What a connector is: the documentation, `check` and the validation of settings are all made from it.
package struct ConnectorDescriptor: Sendable {
    package var kind: String
    package var summary: String
    package var settings: [SettingDescriptor]
    /// YAML that works, without the source's name.
    package var sample: String
    package init(kind: String, summary: String, settings: [SettingDescriptor], sample: String) {
        self.kind = kind
        self.summary = summary
        self.settings = settings
        self.sample = sample
    }
}

package struct SettingDescriptor: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case text
        /// One text or a list of them.
        case texts
        case path
        /// One path or a list of them; `*`, `?`, `[…]` and `**` stand for many.
        case paths
        case flag
        case integer(ClosedRange<Int64>)
        /// `90s`, `15 min`, `2h`, `7d`.
        case duration
        case choice([String])
        /// One of the words or a list of them.
        case choices([String])
        /// A regular expression of PCRE2.
        case pattern
        /// RFC 3339, or a date alone.
        case moment
        /// What a time without a zone is ahead of UTC: `UTC`, `+02:00`.
        case timeZone
        /// Text → text.
        case map
        /// `http` or `https`, without credentials in it.
        case url
        /// `imaps://host/INBOX`, without credentials in it.
        case mailbox
        /// A program and its arguments; there is no shell.
        case command
    }
    package var name: String
    package var kind: Kind
    package var isRequired: Bool
    /// What holds when it is not set, in words.
    package var usual: String
    package var summary: String
    package init(_ name: String, _ kind: Kind, isRequired: Bool = false, usual: String = "", _ summary: String) {
        self.name = name
        self.kind = kind
        self.isRequired = isRequired
        self.usual = usual
        self.summary = summary
    }
}

extension SettingDescriptor.Kind {
    /// For documentation and messages.
    package var words: String {
        switch self {
        case .text: "text"
        case .texts: "a text or a list of texts"
        case .path: "a path"
        case .paths: "a path or a list of paths"
        case .flag: "`true` or `false`"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .duration: "a duration such as `90s`, `15min`, `2h` or `7d`"
        case .choice(let choices): "one of " + choices.map { "`\($0)`" }.joined(separator: ", ")
        case .choices(let choices): "a list of " + choices.map { "`\($0)`" }.joined(separator: ", ")
        case .pattern: "a regular expression"
        case .moment: "a time such as `2026-01-31T08:00:00Z` or a date"
        case .timeZone: "`UTC` or an offset such as `+02:00`"
        case .map: "a map of texts"
        case .url: "an address such as `https://host:9090` without a user and a password in it"
        case .mailbox: "an address such as `imaps://host/INBOX` without a user and a password in it"
        case .command: "a program, or a list of a program and its arguments"
        }
    }
}

/// A setting that cannot be used. The corridor knows its line in the file.
package struct SettingProblem: Error, Hashable, Sendable {
    /// Empty when the source as a whole is meant.
    package var setting: String
    package var message: String
    package var remedy: String
    package init(setting: String, message: String, remedy: String = "") {
        self.setting = setting
        self.message = message
        self.remedy = remedy
    }
}

package struct SettingProblems: Error, Hashable, Sendable {
    package var all: [SettingProblem]
}

extension ConnectorDescriptor {
    /// Checks values as they stand in the configuration and returns all that is wrong, sorted by setting. Scalars may come
    /// as text exactly as written, so that YAML's surprises (`no`, `0123`) do not reach us.
    package func settings(name: String, values: [String: JSONValue], workspace: String) -> Result<SourceSettings, SettingProblems> {
        var problems: [SettingProblem] = []
        var read: [String: SettingValue] = [:]
        let known = settings.map(\.name)
        for (setting, value) in values.sorted(by: { $0.key < $1.key }) where value != .null {
            guard let descriptor = settings.first(where: { $0.name == setting }) else {
                let near = nearestName(to: setting, among: known).map { "did you mean `\($0)`?" }
                problems.append(
                    SettingProblem(
                        setting: setting, message: "`\(kind)` has no setting `\(setting.clipped(to: 60))`",
                        remedy: near ?? "it takes " + known.map { "`\($0)`" }.joined(separator: ", ")))
                continue
            }
            do throws(SettingProblem) { read[setting] = try descriptor.read(value) } catch { problems.append(error) }
        }
        for descriptor in settings where descriptor.isRequired && (values[descriptor.name] ?? .null) == .null {
            problems.append(
                SettingProblem(
                    setting: "", message: "`\(kind)` needs the setting `\(descriptor.name)`: \(descriptor.summary)",
                    remedy: "write for example:\n\(sample)"))
        }
        if !problems.isEmpty { return .failure(SettingProblems(all: problems)) }
        return .success(SourceSettings(name: name, kind: kind, workspace: workspace, values: read))
    }
}

extension SettingDescriptor {
    fileprivate func read(_ value: JSONValue) throws(SettingProblem) -> SettingValue {
        if let read = value.scalarText.flatMap(scalar) ?? compound(value) { return read }
        var remedy = ""
        if case .choice(let choices) = kind, let text = value.scalarText, let near = nearestName(to: text, among: choices) {
            remedy = "did you mean `\(near)`?"
        }
        let shown = value.scalarText.map { ", not `\($0.clipped(to: 60))`" } ?? ""
        throw SettingProblem(setting: name, message: "`\(name)` must be \(kind.words)\(shown)", remedy: remedy)
    }

    private func scalar(_ text: String) -> SettingValue? {
        guard !text.unicodeScalars.contains(where: { $0.value == 0 }) else { return nil }
        switch kind {
        case .text, .path, .pattern: return text.isEmpty ? nil : .text(text)
        case .texts, .paths: return text.isEmpty ? nil : .texts([text])
        case .choice(let choices): return choices.contains(text) ? .text(text) : nil
        case .choices(let choices): return choices.contains(text) ? .texts([text]) : nil
        case .flag:
            return ["true": true, "yes": true, "on": true, "false": false, "no": false, "off": false][text.lowercased()].map { .flag($0) }
        case .integer(let range): return Int64(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .duration: return DurationText.milliseconds(text).map { .number($0) }
        case .moment: return (Instant(rfc3339: text) ?? Instant(rfc3339: text + "T00:00:00Z")).map { .number($0.ms) }
        case .timeZone: return Self.offsetMinutes(text).map { .number($0) }
        case .map: return nil
        case .url: return WebAddress(source: text) == nil ? nil : .text(text.hasSuffix("/") ? String(text.dropLast()) : text)
        case .mailbox: return IMAPMailbox.address(text) == nil ? nil : .text(text)
        case .command: return text.isEmpty ? nil : .texts([text])
        }
    }

    private func compound(_ value: JSONValue) -> SettingValue? {
        switch (kind, value) {
        case (.texts, .array(let items)), (.paths, .array(let items)), (.command, .array(let items)):
            let texts = items.compactMap { $0.stringValue }.filter { !$0.isEmpty && !$0.utf8.contains(0) }
            return texts.count == items.count && !texts.isEmpty ? .texts(texts) : nil
        case (.choices(let choices), .array(let items)):
            let texts = items.compactMap { $0.stringValue }.filter(choices.contains)
            return texts.count == items.count && !texts.isEmpty ? .texts(texts) : nil
        case (.map, .object(let members)):
            let texts = members.compactMapValues { $0.scalarText }
            return texts.count == members.count ? .map(texts) : nil
        default: return nil
        }
    }

    private static func offsetMinutes(_ text: String) -> Int64? {
        if ["UTC", "Z", "GMT"].contains(text) { return 0 }
        let digits = text.dropFirst().filter { $0 != ":" }
        guard let sign = text.first, sign == "+" || sign == "-", digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let hours = Int64(digits.prefix(2)), let minutes = Int64(digits.suffix(2)), hours <= 14, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (sign == "-" ? -1 : 1)
    }
}
