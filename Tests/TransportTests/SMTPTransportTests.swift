import Foundation
import Model
import TestKit
import Testing

@testable import Transport

private let network = NetworkTransport(ConnectionSettings(usesProxyOfEnvironment: false))

/// A small mail server; `answers` replaces its reply to a command, by the command's first word.
private func mailServer(extensions: [String] = [], answers: [String: String] = [:]) throws -> LoopbackServer {
    try LoopbackServer { server, connection in
        connection.write("220 mail.example.org ready\r\n")
        while let line = connection.read(through: "\r\n") {
            server.note(String(line.dropLast()))
            let word = String(line.split(whereSeparator: { $0 == " " || $0 == "\r\n" }).first ?? "")
            if word == "AUTH" {
                connection.write("334 \r\n")
                server.note(connection.read(through: "\r\n") ?? "cut off")
                connection.write("235 welcome\r\n")
            } else if let answer = answers[word] {
                connection.write(answer + "\r\n")
            } else if word == "EHLO" {
                let lines = ["mail.example.org"] + extensions
                for (index, text) in lines.enumerated() { connection.write("250\(index == lines.count - 1 ? " " : "-")\(text)\r\n") }
            } else if word == "DATA" {
                connection.write("354 go ahead\r\n")
                server.note(connection.read(through: "\r\n.\r\n") ?? "cut off")
                connection.write("250 2.0.0 Ok: queued as 4Q2\r\n")
            } else if word == "QUIT" {
                connection.write("221 bye\r\n")
                return
            } else {
                connection.write("250 2.0.0 fine\r\n")
            }
        }
    }
}

private func sending(_ mail: SMTPMail, _ server: SMTPServer) async -> Result<String, TransportError> {
    do throws(TransportError) { return .success(try await network.send(mail, through: server)) } catch { return .failure(error) }
}

private let mail = SMTPMail(
    from: "board@example.org", to: ["ann@example.org", "bob@example.net"], bytes: Array("Subject: x\r\n\r\n.hidden\r\nlast line\r\n".utf8))

@Suite struct SMTPTransportTests {
    @Test func `a mail arrives whole, with its envelope and stuffed dots`() async throws {
        let server = try mailServer()
        let reply = try await network.send(
            mail, through: SMTPServer(host: "127.0.0.1", port: server.port, security: .none, clientName: "board.example.org"))
        #expect(reply == "250 2.0.0 Ok: queued as 4Q2")
        let seen = server.requests.map { $0.trimmingCharacters(in: .newlines) }
        #expect(seen.first == "EHLO board.example.org")
        #expect(seen.contains { $0.hasPrefix("MAIL FROM:<board@example.org>") })
        #expect(seen.contains("RCPT TO:<ann@example.org>"))
        #expect(seen.contains("RCPT TO:<bob@example.net>"))
        #expect(seen.contains("Subject: x\r\n\r\n..hidden\r\nlast line\r\n."))
    }

    @Test(arguments: [
        ("RCPT", "550 5.1.1 no such person", 550, false), ("MAIL", "451 4.3.0 try later", 451, true), ("DATA", "554 no", 554, false),
    ])
    func `a refusal says its code and whether to try again`(command: String, answer: String, code: Int, isTransient: Bool) async throws {
        let server = try mailServer(answers: [command: answer])
        let place = "127.0.0.1:\(server.port)"
        let result = await sending(mail, SMTPServer(host: "127.0.0.1", port: server.port, security: .none))
        #expect(result == .failure(.mailRefused(place: place, code: code, reply: answer)))
        guard case .failure(let error) = result else { return }
        #expect(error.isTransient == isTransient)
    }

    @Test func `a refused log-in says which settings to check`() {
        let words = TransportError.mailRefused(place: "mail.example.org:587", code: 535, reply: "535 no").description
        #expect(words.contains("refused the log-in: 535 no; check `username` and `password_file`"), "\(words)")
    }

    @Test func `one refused recipient stops the whole mail`() async throws {
        let server = try mailServer(answers: ["RCPT": "450 4.2.0 greylisted"])
        _ = await sending(mail, SMTPServer(host: "127.0.0.1", port: server.port, security: .none))
        #expect(!server.requests.contains { $0.hasPrefix("DATA") })
    }

    @Test func `without the TLS that was asked for nothing is sent`() async throws {
        let server = try mailServer()
        let result = await sending(mail, SMTPServer(host: "127.0.0.1", port: server.port, security: .starttls))
        guard case .failure(.untrusted) = result else {
            Issue.record("got \(result)")
            return
        }
        #expect(!server.requests.contains { $0.hasPrefix("MAIL") })
    }

    @Test func `a password comes from its file`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("s3cret\nsecond line\n", to: "password")
        let server = try mailServer(extensions: ["AUTH PLAIN"])
        let settings = SMTPServer(
            host: "127.0.0.1", port: server.port, security: .none, username: "board", passwordFile: folder.path + "/password")
        _ = try await network.send(mail, through: settings)
        let token = Data("\0board\0s3cret".utf8).base64EncodedString()
        #expect(server.requests.contains { $0.trimmingCharacters(in: .newlines) == token })
    }

    @Test func `a password never leaves this machine in clear`() async throws {
        let server = SMTPServer(host: "192.0.2.1", port: 25, security: .none, username: "board", passwordFile: "/nowhere")
        #expect(await sending(mail, server) == .failure(.passwordInClear(place: "192.0.2.1:25")))
    }

    @Test func `a missing password file is named`() async throws {
        let server = SMTPServer(host: "127.0.0.1", port: 1, security: .tls, username: "board", passwordFile: "/nowhere/password")
        #expect(await sending(mail, server) == .failure(.unreadablePassword(path: "/nowhere/password")))
    }

    @Test(arguments: [
        "ann@example.org\r\nRCPT TO:<eve@example.org>", "ann", "@example.org", "ann@", "ann @example.org", "<ann@example.org>",
        "-f@example.org",
        "ann@ex ample.org", "ännchen@example.org", "ann@example.org@example.org", "",
    ])
    func `what is no plain address is not put into a command`(address: String) async throws {
        let server = try mailServer()
        var hostile = mail
        hostile.to = [address]
        #expect(
            await sending(hostile, SMTPServer(host: "127.0.0.1", port: server.port, security: .none))
                == .failure(.badAddress(address.clipped(to: 100))))
        #expect(server.requests.isEmpty)
    }
}
