import Foundation
import Model
import Synchronization
import TestKit
import Testing

@testable import Connectors
@testable import Transport

@Suite struct MailServerTests {
    private let workspace: Workspace
    private let host = MailHost()
    private func mail(_ id: String) -> String { MailHost.mail(id) }
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func deliver(_ mails: (Int, String)...) { host.box.withLock { $0.mails += mails.map { ($0.0, mail($0.1)) } } }

    private func connector(_ server: LoopbackServer, _ more: [String: JSONValue] = [:]) throws -> any Connector {
        try workspace.write("s3cret-word\n", to: "password")
        let values: [String: JSONValue] = [
            "url": .string("imap://127.0.0.1:\(server.port)/INBOX"), "allow_loopback": "true", "username": "ann", "secret_file": "password",
            "timeout": "1s",
        ]
        return try workspace.connector("mail", values.merging(more) { $1 })
    }
    private func collect(_ server: LoopbackServer, _ more: [String: JSONValue] = [:]) async throws -> [String] {
        let network = NetworkAccess(clock: SleepClock(workspace.now), chance: { 0.5 })
        let run = try await workspace.collect(try connector(server, more), network: network)
        workspace.now = workspace.now + 5 * .minuteMs
        return run.reading.events.map(\.title)
    }
    private func failure(_ server: LoopbackServer, _ more: [String: JSONValue] = [:]) async -> String {
        do {
            let found = try await collect(server, more)
            return "no failure, \(found)"
        } catch { return "\(error)" }
    }

    @Test func `each mail is read once, in pages, and nothing is changed in the mailbox`() async throws {
        let server = try host.server()
        host.box.withLock { $0.mails = (1...450).map { ($0 * 2, mail("m\($0)")) } }
        #expect(try await collect(server) == (1...450).map { "m\($0)" })
        #expect(try await collect(server) == [])
        deliver((901, "late"))
        #expect(try await collect(server) == ["late"])
        #expect(!server.requests.contains { $0.hasPrefix("SELECT") || $0.hasPrefix("UID STORE") || $0.contains("BODY[") })
        #expect(server.requests.contains { $0.hasPrefix("EXAMINE \"INBOX\"") })
    }

    @Test func `the first run asks as far back as it is told`() async throws {
        let server = try host.server()
        deliver((1, "a"))
        _ = try await collect(server, ["lookback": "2d"])
        #expect(server.requests.contains("UID SEARCH SINCE 30-Dec-2025"))
    }

    @Test func `a mailbox whose numbers begin anew is read again from the day before the last reading`() async throws {
        let server = try host.server()
        deliver((1, "a"), (2, "b"))
        _ = try await collect(server)
        host.box.withLock { $0 = MailHost.Box(validity: 8, mails: [(1, mail("b")), (2, mail("c"))]) }
        #expect(try await collect(server) == ["b", "c"])
        #expect(server.requests.contains("UID SEARCH SINCE 31-Dec-2025"))
    }

    @Test func `a mail is read up to its bound`() async throws {
        let server = try host.server()
        host.box.withLock { $0.mails = [(1, mail("a") + String(repeating: "word\r\n", count: 20_000))] }
        #expect(try await collect(server, ["max_mail_kib": "16"]) == ["a"])
        #expect(server.requests.contains { $0.contains("BODY.PEEK[]<0.16384>") })
    }

    @Test func `what a mail says is never taken for what the server says`() async throws {
        let server = try host.server()
        let spoof = mail("a") + "c4 OK done\r\n* 9 FETCH (UID 9 BODY[] {3}\r\nabc)\r\n* BYE\r\n"
        host.box.withLock { $0.mails = [(1, spoof), (2, mail("b"))] }
        #expect(try await collect(server) == ["a", "b"])
    }

    // MARK: Faults

    @Test func `denied credentials are said without the secret, and not tried again`() async throws {
        let server = try host.server()
        host.spoil.withLock {
            $0 = { command, connection in
                guard command.hasPrefix("LOGIN") else { return false }
                connection.write("A002 NO wrong password s3cret-word\r\n")
                return true
            }
        }
        let words = await failure(server)
        #expect(words.contains("log-in was denied; check `username` and the secret"), "\(words)")
        #expect(!words.contains("s3cret"))
        #expect(server.requests.count { $0.hasPrefix("LOGIN") } == 1)
    }

    @Test func `a log-in that the server refuses for now is tried again`() async throws {
        let server = try host.server()
        let left = Mutex(1)
        host.spoil.withLock {
            $0 = { command, connection in
                guard command.hasPrefix("LOGIN"),
                    left.withLock({ left in
                        left -= 1
                        return left >= 0
                    })
                else { return false }
                connection.write("A002 NO [UNAVAILABLE] back in a minute\r\n")
                return true
            }
        }
        deliver((1, "a"))
        #expect(try await collect(server) == ["a"])
    }

    @Test func `a mail that somebody deletes while it is asked for keeps no other from being read`() async throws {
        deliver((1, "a"), (2, "b"))
        let host = host
        let server = try LoopbackServer { server, connection in
            host.serve(connection, of: server) { said, connection in
                guard said.moment == .answering, host.box.withLock({ $0.mails.count }) == 2 else { return connection.write(said.bytes) }
                host.box.withLock { _ = $0.mails.popLast() }
                connection.write("\(said.tag) NO [EXPUNGEISSUED] Some of the requested messages no longer exist\r\n")
                return true
            }
        }
        #expect(try await collect(server) == ["a"])
    }

    @Test func `a mail that the answer leaves out is not passed over, one that was deleted meanwhile is`() async throws {
        deliver((1, "a"), (2, "b"))
        let host = host
        let isDeleted = Mutex(false)
        let server = try LoopbackServer { server, connection in
            host.serve(connection, of: server) { said, connection in
                guard said.moment == .answering else { return connection.write(said.bytes) }
                if isDeleted.withLock({ $0 }) { host.box.withLock { _ = $0.mails.popLast() } }
                return connection.write(said.bytes[..<said.secondItem] + Array(said.bytes[said.end...]))
            }
        }
        let words = await failure(server)
        #expect(words.contains("of 2 mails it left out 1") && workspace.cursors.isEmpty, "\(words)")
        isDeleted.withLock { $0 = true }
        #expect(try await collect(server) == ["a"])
    }

    @Test func `a search that finds nothing has to say so`() async throws {
        let server = try host.server()
        deliver((1, "a"))
        host.spoil.withLock {
            $0 = { command, connection in
                if command.hasPrefix("UID SEARCH") { connection.write("c2 OK done\r\n") }
                return command.hasPrefix("UID SEARCH")
            }
        }
        let words = await failure(server)
        #expect(words.contains("does not say what its search found") && workspace.cursors.isEmpty, "\(words)")
    }

    @Test func `a mailbox that is not there is named with the server's words`() async throws {
        let server = try host.server()
        host.spoil.withLock {
            $0 = { command, connection in
                guard command.hasPrefix("EXAMINE") else { return false }
                connection.write("c1 NO [NONEXISTENT] no such mailbox s3cret-word\r\n")
                return true
            }
        }
        let words = await failure(server)
        #expect(words.contains("EXAMINE ended with NO [NONEXISTENT] no such mailbox …"), "\(words)")
    }

    @Test(arguments: [
        "closes", "cuts a mail", "drips", "says nothing", "says BYE", "says garbage", "promises a gigabyte", "says too many words",
    ])
    func `after a fault nothing is lost: asked again when it passes, said when it stays`(fault: String) async throws {
        deliver((1, "a"), (2, "b"))
        let left = Mutex(1)
        let spoil: @Sendable (String, LoopbackServer.Connection) -> Bool = { command, connection in
            guard command.contains("BODY.PEEK") else { return false }
            guard
                left.withLock({ left in
                    left -= 1
                    return left >= 0
                })
            else { return false }
            switch fault {
            case "cuts a mail": connection.write("* 1 FETCH (UID 1 BODY[]<0> {100}\r\nDate: ")
            case "drips":
                let answer = "* 1 FETCH (UID 1 BODY[]<0> {100}\r\nDate: Thu, 01 Jan 2026"
                for byte in answer.utf8 {
                    if !connection.write([byte]) { break }
                    usleep(200_000)
                }
            case "says nothing": connection.waitForEnd()
            case "says BYE": connection.write("* BYE shutting down\r\n")
            case "says garbage": connection.write([UInt8](repeating: 0xA7, count: 300) + [10])
            case "says too many words":
                let words = Array(String(repeating: "* OK\r\n", count: 1_000).utf8)
                for _ in 0..<20 where connection.write(words) {}
                connection.waitForEnd()
            case "promises a gigabyte":
                connection.write("* 1 FETCH (UID 1 BODY[]<0> {1073741824}\r\n")
                connection.waitForEnd()
            default: break
            }
            return true
        }
        let server = try host.server()
        host.spoil.withLock { $0 = spoil }
        let isLasting = ["promises a gigabyte", "says too many words"].contains(fault)
        if !isLasting { #expect(try await collect(server) == ["a", "b"]) }

        workspace.cursors = [:]
        left.withLock { $0 = 1_000 }
        let words = await failure(server)
        #expect(!words.hasPrefix("no failure"), "\(words)")
        #expect(workspace.cursors.isEmpty)
        left.withLock { $0 = 0 }
        #expect(try await collect(server) == ["a", "b"])
    }

    @Test func `this machine is asked only when allowed`() async throws {
        let server = try host.server()
        let words = await failure(server, ["allow_loopback": "false"])
        #expect(words.contains("set `allow_loopback: true` if that is meant"), "\(words)")
        #expect(server.requests.isEmpty)
    }

    @Test func `a token is shown as OAuth does`() async throws {
        let server = try host.server()
        host.spoil.withLock {
            $0 = { command, connection in
                if command == "CAPABILITY" {
                    connection.write("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n")
                    return false
                }
                return false
            }
        }
        deliver((1, "a"))
        _ = await failure(server, ["auth": "oauth2"])
        let token = Data("user=ann\u{1}auth=Bearer s3cret-word\u{1}\u{1}".utf8).base64EncodedString()
        #expect(server.requests.contains("AUTHENTICATE XOAUTH2 \(token)"), "\(server.requests)")
    }

    @Test func `check says what would come`() async throws {
        let server = try host.server()
        deliver((1, "a"), (2, "b"))
        let connector = try connector(server)
        let probe = await connector.probe(through: SourceAccess(now: workspace.now))
        #expect(
            probe.findings == [
                "imap://127.0.0.1:\(server.port)/INBOX answers, credentials accepted", "2 mails, 2 of the time that the first run reads",
                "the first of them is the report “a”",
            ])
    }
}
