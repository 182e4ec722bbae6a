import Foundation
import Model
import Synchronization
import TestKit
import Testing
import Transport

@testable import Delivery

/// A mail server that answers as told and remembers.
private final class Postbox: SMTPTransport {
    private let answer: Result<String, TransportError>
    private let taken = Mutex<[(SMTPMail, SMTPServer)]>([])
    init(_ answer: Result<String, TransportError> = .success("250 queued")) { self.answer = answer }
    var mails: [(SMTPMail, SMTPServer)] { taken.withLock { $0 } }
    func send(_ mail: SMTPMail, through server: SMTPServer) async throws(TransportError) -> String {
        taken.withLock { $0.append((mail, server)) }
        return try answer.get()
    }
}

private func message(_ id: String = "digest-1", to: [String] = ["Ann <ann@example.org>", "bob@example.net"]) -> OutgoingMail {
    OutgoingMail(mail: DigestMail(subject: "s", text: "t\n", html: "<p>t</p>\n", id: id), to: to, date: Instant(ms: 0))
}

private func settings(_ kind: String, _ values: [String: JSONValue], workspace: String = "/nowhere") throws -> ChannelSettings {
    try ChannelCatalog.settings(name: "test", kind: kind, values: values, workspace: workspace).get()
}

private func problems(_ kind: String, _ values: [String: JSONValue]) -> [ChannelSettingProblem] {
    switch ChannelCatalog.settings(name: "test", kind: kind, values: values, workspace: "/nowhere") {
    case .success: []
    case .failure(let problems): problems.all
    }
}

private func failure(_ channel: some Channel, _ message: OutgoingMail = message(), _ postbox: Postbox = Postbox()) async -> DeliveryError? {
    do throws(DeliveryError) {
        _ = try await channel.deliver(message, through: ChannelAccess(smtp: postbox))
        return nil
    } catch { return error }
}

@Suite struct FolderChannelTests {
    @Test func `a mail becomes a file named by its id`() async throws {
        let folder = try TemporaryFolder()
        let channel = try FolderChannel(settings: settings("folder", [:], workspace: folder.path))
        let receipt = try await channel.deliver(message(), through: ChannelAccess(smtp: Postbox()))
        #expect(receipt == Receipt(channel: "folder", messageID: "<digest-1@localhost>", detail: "\(folder.path)/var/outbox/digest-1.eml"))
        let written = try Data(contentsOf: URL(filePath: receipt.detail))
        let expected = try Email.compose(message(), from: MailIdentity(from: #require(MailAddress("caseboard@localhost"))))
        #expect(Array(written) == expected)
    }

    @Test func `a mail delivered twice is one file`() async throws {
        let folder = try TemporaryFolder()
        let channel = try FolderChannel(settings: settings("folder", ["path": "out"], workspace: folder.path))
        for _ in 0..<2 { _ = try await channel.deliver(message(), through: ChannelAccess(smtp: Postbox())) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out") == ["digest-1.eml"])
    }

    @Test func `what a killed run left behind does not disturb`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("half a m", to: "out/.digest-1.eml.tmp")
        let channel = try FolderChannel(settings: settings("folder", ["path": "out"], workspace: folder.path))
        _ = try await channel.deliver(message(), through: ChannelAccess(smtp: Postbox()))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out") == ["digest-1.eml"])
    }

    @Test func `an id cannot lead out of the folder`() async throws {
        let folder = try TemporaryFolder()
        let channel = try FolderChannel(settings: settings("folder", ["path": "out"], workspace: folder.path))
        _ = try await channel.deliver(message("../../evil"), through: ChannelAccess(smtp: Postbox()))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out").count == 1)
    }

    @Test func `a folder that cannot be made is a passing fault that names it`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "out")
        let channel = try FolderChannel(settings: settings("folder", ["path": "out/deep"], workspace: folder.path))
        let error = await failure(channel)
        #expect(error?.isTransient == true)
        #expect(error?.description.contains("\(folder.path)/out") == true)
    }
}

@Suite struct SendmailChannelTests {
    /// A stand-in for sendmail that keeps its arguments and input.
    private func program(_ folder: TemporaryFolder, ending: String) throws -> String {
        let path = folder.path + "/sendmail"
        try folder.write(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"\(folder.path)/arguments\"\ncat > \"\(folder.path)/input\"\n\(ending)\n", to: "sendmail")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }
    private func channel(_ path: String) throws -> SendmailChannel {
        try SendmailChannel(settings: settings("sendmail", ["from": "Board <board@example.org>", "path": .string(path)]))
    }

    @Test func `the program gets sender, recipients and the mail`() async throws {
        let folder = try TemporaryFolder()
        let path = try program(folder, ending: "exit 0")
        let receipt = try await channel(path).deliver(message(), through: ChannelAccess(smtp: Postbox()))
        #expect(receipt.messageID == "<digest-1@example.org>")
        #expect(
            try String(contentsOfFile: folder.path + "/arguments", encoding: .utf8)
                == "-i\n-f\nboard@example.org\nann@example.org\nbob@example.net\n")
        let input = try String(contentsOfFile: folder.path + "/input", encoding: .utf8)
        #expect(input.hasPrefix("Date: Thu, 01 Jan 1970 00:00:00 +0000\nFrom: Board <board@example.org>\n"))
        #expect(!input.contains("\r"))
    }

    @Test(arguments: [(75, true), (71, true), (67, false), (65, false), (1, false)])
    func `the exit code says whether to try again`(code: Int, isTransient: Bool) async throws {
        let folder = try TemporaryFolder()
        let path = try program(folder, ending: "echo 'no such user' >&2; exit \(code)")
        let error = try await failure(channel(path))
        #expect(error == .programFailed(path: path, exitCode: code, words: "no such user "))
        #expect(error?.isTransient == isTransient)
    }

    @Test func `a program that is not there is named, and the mail waits`() async throws {
        let error = try await failure(channel("/nowhere/sendmail"))
        #expect(error == .programMissing(path: "/nowhere/sendmail"))
        #expect(error?.isTransient == true)
    }

    @Test func `a program that reads nothing and ends is only judged by its code`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("#!/bin/sh\nexit 75\n", to: "sendmail")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path + "/sendmail")
        var big = message()
        big.mail.text = String(repeating: "line\n", count: 100_000)
        let error = try await failure(channel(folder.path + "/sendmail"), big)
        #expect(error?.isTransient == true)
    }
}

@Suite struct SMTPChannelTests {
    private func channel(_ values: [String: JSONValue] = [:]) throws -> SMTPChannel {
        let usual: [String: JSONValue] = ["host": "mail.example.org", "from": "Board <board@example.org>"]
        return try SMTPChannel(settings: settings("smtp", usual.merging(values) { _, new in new }))
    }

    @Test func `the envelope has bare addresses and the mail is the composed one`() async throws {
        let postbox = Postbox()
        let receipt = try await channel().deliver(message(), through: ChannelAccess(smtp: postbox))
        #expect(receipt == Receipt(channel: "smtp", messageID: "<digest-1@example.org>", detail: "250 queued"))
        let (mail, server) = try #require(postbox.mails.first)
        #expect(mail.from == "board@example.org")
        #expect(mail.to == ["ann@example.org", "bob@example.net"])
        #expect(try mail.bytes == Email.compose(message(), from: MailIdentity(from: #require(MailAddress("Board <board@example.org>")))))
        #expect(server == SMTPServer(host: "mail.example.org", port: 587, security: .starttls, clientName: "example.org"))
    }

    @Test func `settings reach the server's description`() async throws {
        let postbox = Postbox()
        let values: [String: JSONValue] = [
            "port": "2525", "security": "tls", "username": "u", "password_file": "var/keys/p", "ca_file": "ca.pem",
        ]
        _ = try await channel(values).deliver(message(), through: ChannelAccess(smtp: postbox))
        let server = try #require(postbox.mails.first?.1)
        #expect(server.port == 2525 && server.security == .tls && server.username == "u" && server.passwordFile == "/nowhere/var/keys/p")
        #expect(server.caFile == "/nowhere/ca.pem")
    }

    @Test(arguments: [(451, true), (535, true), (550, false)])
    func `a refusal keeps its meaning`(code: Int, isTransient: Bool) async throws {
        let refusal = TransportError.mailRefused(place: "mail.example.org:587", code: code, reply: "\(code) no")
        let error = try await failure(channel(), message(), Postbox(.failure(refusal)))
        #expect(error == .transport(refusal))
        #expect(error?.isTransient == isTransient)
    }

    @Test(arguments: [
        TransportError.untrusted(place: "mail.example.org:587", why: "self-signed"), .unreadablePassword(path: "var/keys/p"),
        .passwordInClear(place: "mail.example.org:25"),
    ])
    func `a mail waits for what somebody has to mend`(fault: TransportError) async throws {
        #expect(try await failure(channel(), message(), Postbox(.failure(fault)))?.isTransient == true)
    }
}

@Suite struct ChannelCatalogTests {
    @Test func `an unknown kind names the nearest`() {
        #expect(
            problems("sendmial", [:]) == [
                ChannelSettingProblem(setting: "kind", message: "no channel kind is named `sendmial`", remedy: "did you mean `sendmail`?")
            ])
    }

    @Test func `an unknown setting names the nearest`() {
        #expect(
            problems("folder", ["pth": "x"]) == [
                ChannelSettingProblem(setting: "pth", message: "`folder` has no setting `pth`", remedy: "did you mean `path`?")
            ])
    }

    @Test func `a missing setting is asked for`() {
        #expect(problems("smtp", ["from": "a@b.org"]).map(\.message) == ["`smtp` needs the setting `host`: the mail server"])
    }

    @Test(
        arguments: [
            ("smtp", "port", "0"), ("smtp", "port", "ninety"), ("smtp", "port", "99999999999999999999"), ("smtp", "security", "ssl"),
            ("smtp", "from", "nobody"),
            ("folder", "path", ["a", "b"]), ("folder", "path", ""), ("folder", "to", ["a@b.org", "x"]), ("folder", "to", ["a": "b"]),
            ("folder", "path", "a\nb"),
        ] as [(String, String, JSONValue)])
    func `a value of the wrong kind is a problem of its setting`(kind: String, setting: String, value: JSONValue) {
        var values: [String: JSONValue] = kind == "smtp" ? ["host": "h", "from": "a@b.org"] : [:]
        values[setting] = value
        #expect(problems(kind, values).map(\.setting) == [setting])
    }

    @Test func `kinds and settings are unique and documented`() {
        let descriptors = ChannelCatalog.all.map { $0.descriptor }
        #expect(Set(descriptors.map(\.kind)).count == descriptors.count)
        for descriptor in descriptors {
            #expect(Set(descriptor.settings.map(\.name)).count == descriptor.settings.count)
            #expect(descriptor.sample.hasPrefix("kind: \(descriptor.kind)\n"))
            for setting in descriptor.settings where setting.isRequired { #expect(descriptor.sample.contains("\n\(setting.name): ")) }
        }
    }
}
