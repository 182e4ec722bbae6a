import Foundation
import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

private func column(_ name: String, _ type: UInt32 = 25) -> SQLRows.Column { SQLRows.Column(name: name, type: type) }

@Suite struct SQLTests {
    private let workspace: Workspace
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        let values: [String: JSONValue] = [
            "host": "127.0.0.1", "database": "deploys", "user": "ann", "query": "SELECT time FROM deploys WHERE time >= $1",
            "timeout": "1s",
            "allow_loopback": "true",
        ]
        return try workspace.connector("sql", values.merging(more) { $1 })
    }
    private func events(_ answer: SQLRows, type: String = "deployment") throws -> Reading {
        let lines = Array(SQLFacts.lines(answer, type: type).utf8)
        let origin = SourceSettings(name: "test", kind: "sql", workspace: "/", values: [:]).origin("query", at: Workspace.noon)
        return try connector().read(Page.Item(place: "query", content: .bytes(lines, from: origin)))
    }
    private func failure(_ more: [String: JSONValue]) async -> String {
        do {
            let network = NetworkAccess(clock: SleepClock(workspace.now), chance: { 0.5 })
            let run = try await workspace.collect(try connector(more), network: network)
            return "no failure, \(run.pages.count) pages"
        } catch { return "\(error)" }
    }

    // MARK: Rows

    @Test func `columns are fields of the inbox, and others are attributes`() throws {
        let rows = SQLRows(
            columns: [column("time", 1_184), column("service"), column("version"), column("commit"), column("tries", 23), column("who")],
            rows: [["2026-01-01 11:30:00.5+00", "cart", "4.18.0", "9f3c1ae", "2", nil]])
        let event = try #require(try events(rows).events.first)
        #expect(event.type == .deployment)
        #expect(event.title == "deployed cart 4.18.0")
        #expect(event.occurredAt == Instant(rfc3339: "2026-01-01T11:30:00.5Z"))
        #expect(event.commit == "9f3c1ae")
        #expect(event.attributes["tries"] == 2)
        #expect(event.attributes["version"] == "4.18.0")
        #expect(event.attributes["who"] == nil)
    }

    @Test func `a row says its own type, and one without a time is refused`() throws {
        let rows = SQLRows(
            columns: [column("time", 1_114), column("title"), column("type")],
            rows: [["2026-01-01 11:30:00", "beta off", "flag_change"], [nil, "lost", nil]])
        let reading = try events(rows)
        #expect(reading.events.map(\.type) == [.flagChange])
        #expect(reading.rejections.map(\.line) == [2])
    }

    @Test(
        arguments: [
            ("t", 16, JSONValue.bool(true)), ("7", 20, 7), ("7.5", 1_700, 7.5), ("NaN", 701, "NaN"), (#"{"a": [1]}"#, 3_802, ["a": [1]]),
            ("2026-01-01", 1_082, "2026-01-01T00:00:00Z"), ("2026-01-01 10:00:00+00", 1_184, "2026-01-01T10:00:00Z"),
            ("infinity", 1_184, "infinityZ"),
            ("{a,b}", 1_009, "{a,b}"),
        ] as [(String, UInt32, JSONValue)])
    func `values have the type of their column`(cell: String, type: UInt32, value: JSONValue) {
        #expect(SQLFacts.value(cell, type) == value)
    }

    // MARK: Settings

    @Test func `a query without a beginning in time is refused`() {
        #expect(throws: ConnectorError.self) { try connector(["query": "SELECT * FROM deploys"]) }
    }

    @Test func `a password never leaves this machine in clear`() async throws {
        try workspace.write("s3cret\n", to: "password")
        let words = await failure(["host": "192.0.2.1", "tls": "off", "secret_file": "password"])
        #expect(words.contains("would go to 192.0.2.1:5432 unencrypted"), "\(words)")
    }

    // MARK: Faults

    @Test(arguments: ["127.0.0.1", "localhost", "0.0.0.0", "::1"])
    func `this machine is asked only when allowed`(host: String) async {
        let words = await failure(["host": .string(host), "allow_loopback": "false"])
        #expect(words.contains("set `allow_loopback: true` if that is meant"), "\(words)")
    }

    @Test func `a server that is not there is said after all attempts`() async {
        let words = await failure(["port": "9"])
        #expect(words.contains("(6 attempts)"), "\(words)")
    }

    /// A server with three rows, whose words `say` chooses.
    private func server(_ say: @escaping Speech) throws -> LoopbackServer {
        let rows = (1...3).map { ["2026-01-01 11:3\($0):00+00", "cart"] }
        let host = PostgresHost(columns: [("time", 1_184), ("service", 25)], rows: rows)
        return try LoopbackServer { server, connection in host.serve(connection, of: server, say: say) }
    }
    private func failure(_ server: LoopbackServer, _ more: [String: JSONValue] = [:]) async -> String {
        await failure(more.merging(["port": .string("\(server.port)"), "timeout": "400ms"]) { $1 })
    }

    @Test func `rows that are counted and do not come are missed`() async throws {
        let server = try server { said, connection in
            guard said.moment == .answering else { return connection.write(said.bytes) }
            return connection.write(said.bytes[..<said.secondItem] + Array(said.bytes[said.end...]))
        }
        let words = await failure(server)
        #expect(words.contains("there are 3 rows and sent 1 (6 attempts)") && workspace.cursors.isEmpty, "\(words)")
    }

    @Test func `more rows than are wanted in a second are said as such`() async throws {
        let server = try server { said, connection in connection.write(said.bytes) }
        let words = await failure(server, ["max_rows": "2"])
        #expect(words.contains("more than 2 rows") && workspace.cursors.isEmpty, "\(words)")
    }

    @Test func `a server that hangs in the middle of an answer, and hears of no end, is left alone in time`() async throws {
        let server = try server { said, connection in
            guard said.moment == .answering else { return connection.write(said.bytes) }
            connection.write(Array(said.bytes[..<said.secondItem]))
            connection.waitForEnd()
            return false
        }
        let words = await failure(server)
        #expect(words.contains("did not answer within") && words.contains("6 attempts"), "\(words)")
    }

    @Test(arguments: [false, true])
    func `a connection that breaks off under TLS is not taken for a bad certificate`(isGarbled: Bool) async throws {
        let server = try LoopbackServer { _, connection in
            guard connection.readBytes(8) != nil else { return }
            connection.write("S")
            guard connection.readBytes(1) != nil else { return }
            if isGarbled { connection.write([UInt8](repeating: 0xA7, count: 400)) }
        }
        let words = await failure(server, ["ca_file": "/etc/ssl/certs/ca-certificates.crt"])
        #expect(words.contains("6 attempts") && !words.contains("ca_file"), "\(words)")
    }

    @Test(arguments: ["closes", "says nothing", "says garbage", "says no", "starts up"])
    func `what a server does wrong is said`(fault: String) async throws {
        @Sendable func refusal(_ state: String, _ words: String) -> [UInt8] {
            let fields = Array("SFATAL\0VFATAL\0C\(state)\0M\(words)\0\0".utf8)
            let length = UInt32(fields.count + 4).bigEndian
            return [UInt8(ascii: "E")] + withUnsafeBytes(of: length) { Array($0) } + fields
        }
        let server = try LoopbackServer { server, connection in
            guard let asked = connection.readBytes(8) else { return }
            // 80877103: whether it speaks TLS. It does not.
            if asked[4...].elementsEqual([0x04, 0xD2, 0x16, 0x2F]) {
                connection.write("N")
                guard connection.readBytes(8) != nil else { return }
            }
            server.note("asked")
            switch fault {
            case "says nothing": connection.waitForEnd()
            case "says garbage": connection.write([UInt8](repeating: 0xA7, count: 400))
            case "says no": connection.write(refusal("28P01", "password authentication failed for user \"ann\""))
            case "starts up": connection.write(refusal("57P03", "the database system is starting up"))
            default: break
            }
        }
        let words = await failure(["port": .string("\(server.port)"), "timeout": "400ms"])
        #expect(workspace.cursors.isEmpty)
        switch fault {
        case "says no":
            #expect(words.contains("check `user`, the secret and the server's pg_hba.conf"), "\(words)")
            #expect(server.requests.count == 1)
        case "says nothing": #expect(words.contains("did not answer within"), "\(words)")
        case "starts up": #expect(words.contains("starting up") && words.contains("6 attempts"), "\(words)")
        default: #expect(words.contains("6 attempts"), "\(words)")
        }
    }
}
