import Foundation
import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

private func source(_ values: [String: JSONValue] = [:], workspace: String = "/w") throws -> HTTPSource {
    let descriptor = ConnectorDescriptor(kind: "k", summary: "", settings: HTTPSource.settings, sample: "")
    let all = values.merging(["url": "https://x.example/base/"]) { given, _ in given }
    return HTTPSource(try descriptor.settings(name: "s", values: all, workspace: workspace).get())
}

@Suite struct HTTPSourceTests {
    private let now = Workspace.noon

    @Test func `the next page is asked of the configured server, whatever host a link names`() throws {
        let answer = HTTPResponse(status: 200, headers: [HTTPHeader("Link", #"<https://evil.example/api/a?page=2>; rel="next""#)])
        let page = try #require(HTTPSource.nextPage(answer))
        #expect(
            try source(["url": "https://git.example.org:8443/api/v3"]).get(page: page).url == "https://git.example.org:8443/api/a?page=2")
    }

    @Test func `a 403 that speaks of a rate limit is waited out`() async throws {
        let server = FakeServer { number, _ in
            number == 0 ? .status(403, "{}", [HTTPHeader("retry-after", "7")]) : .ok("{}")
        }
        let network = server.access()
        let http = try source()
        _ = try await http.send(http.get("/x"), through: SourceAccess(now: Workspace.noon, network: network))
        #expect((network.clock as? SleepClock)?.slept == 7_000)
    }

    @Test func `a question is a path below the address with an escaped query`() throws {
        #expect(try source().get("/q", [("a b", "x&y=\"ü\"")]).url == "https://x.example/base/q?a%20b=x%26y%3D%22%C3%BC%22")
    }

    @Test(arguments: [
        "ftp://x.example", "https://user:pass@x.example", "x.example", "https://x.example/?a=b", "https://", "https://x example",
    ])
    func `an address with credentials, a query or another scheme is refused`(url: String) {
        #expect(throws: SettingProblems.self) { try source(["url": .string(url)]) }
    }

    @Test(
        arguments: [
            ([:], "Authorization", "Bearer s3cret"), (["username": "ann"], "Authorization", "Basic YW5uOnMzY3JldA=="),
            (["header": "X-API-Key"], "X-API-Key", "s3cret"),
        ] as [([String: JSONValue], String, String)])
    func `a secret of a file is a token, a password or a header`(values: [String: JSONValue], name: String, value: String) async throws {
        let workspace = try Workspace()
        try workspace.write("s3cret\n", to: "token")
        let server = FakeServer("{}")
        let source = try source(values.merging(["secret_file": "token"]) { given, _ in given }, workspace: workspace.path)
        _ = try await source.send(source.get("/"), through: SourceAccess(now: now, network: server.access()))
        #expect(server.requests.first?.header(name) == value)
    }

    @Test func `a secret may come from a command, and the environment is the last place`() async throws {
        for (values, expected) in [
            (["secret_command": ["echo", "from-command"], "secret_env": "HOME"], "Bearer from-command"),
            (["secret_file": "missing", "secret_env": "HOME"], "Bearer \(ProcessInfo.processInfo.environment["HOME"] ?? "")"),
        ] as [([String: JSONValue], String)] {
            let server = FakeServer("{}")
            let source = try source(values)
            _ = try await source.send(source.get("/"), through: SourceAccess(now: now, network: server.access()))
            #expect(server.requests.first?.header("Authorization") == expected)
        }
    }

    @Test func `without its secret nothing is asked, and the message names the place`() async throws {
        let server = FakeServer("{}")
        let source = try source(["secret_file": "/nowhere/token"])
        await #expect(
            throws: ConnectorError.noSecret(setting: "secret_file", why: "`/nowhere/token` cannot be read or its first line is empty")
        ) {
            try await source.send(source.get("/"), through: SourceAccess(now: now, network: server.access()))
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `a server that repeats the secret does not get it into the message`() async throws {
        let server = FakeServer { _, request in .status(403, "no entry for \(request.header("Authorization") ?? "")") }
        let source = try source(["secret_command": ["echo", "s3cret"]])
        do {
            _ = try await source.send(source.get("/"), through: SourceAccess(now: now, network: server.access()))
            Issue.record("it was let in")
        } catch {
            #expect(
                "\(error)"
                    == "https://x.example/base/ answered with status 403: no entry for Bearer …; check the credentials and what they may read"
            )
        }
    }

    @Test func `a secret shows nothing of itself`() throws {
        let secret = try #require(Secret("s3cret"))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("s3cret"))
    }

    @Test(arguments: [(#"{"error":"bad query"}"#, ": bad query"), ("<html>oops</html>", ""), ("plain  words\n", ": plain words")])
    func `what a server says of its refusal is said`(body: String, words: String) async throws {
        let server = FakeServer { _, _ in .status(400, body) }
        let source = try source()
        do {
            _ = try await source.send(source.get("/"), through: SourceAccess(now: now, network: server.access()))
            Issue.record("it was let in")
        } catch {
            #expect("\(error)" == "https://x.example/base/ answered with status 400\(words)")
        }
    }

    @Test func `what may be gone is nil where it is, and any other refusal is an error`() async throws {
        let source = try source()
        let gone = SourceAccess(now: now, network: FakeServer { _, _ in .status(404) }.access())
        #expect(try await source.find(source.get("/"), through: gone) == nil)
        let denied = SourceAccess(now: now, network: FakeServer { _, _ in .status(403) }.access())
        await #expect(throws: ConnectorError.self) { try await source.find(source.get("/"), through: denied) }
    }

    @Test func `what is not JSON is asked for again`() async throws {
        let server = FakeServer { number, _ in .ok(number == 0 ? #"{"a":"# : "{}") }
        let source = try source()
        #expect(try await source.send(source.get("/"), through: SourceAccess(now: now, network: server.access())).body == Array("{}".utf8))
    }

    @Test func `its breaker is what the requests made of it`() async throws {
        let server = FakeServer { _, _ in .status(500) }
        let source = try source()
        let access = SourceAccess(now: now, network: server.access())
        #expect(access.breaker(of: "s") == nil)
        _ = try? await source.send(source.get("/"), through: access)
        #expect(access.breaker(of: "s")?.consecutiveFailures == 1)
    }

    @Test func `a check asks once and tells of the clock`() async throws {
        let server = FakeServer { _, _ in .ok("{}", [HTTPHeader("Date", "Thu, 01 Jan 2026 12:01:00 GMT")]) }
        let source = try source()
        let probe = await source.probe(source.get("/"), through: SourceAccess(now: now, network: server.access())) { _ in "7 things" }
        #expect(probe.findings == ["https://x.example/base answers", "7 things"])
        #expect(probe.diagnostics.map(\.message) == ["the server's clock is 60 s ahead of ours"])
    }

    @Test func `a check of a server that is down does not wait`() async throws {
        let server = FakeServer { _, _ in .status(503) }
        let source = try source()
        let probe = await source.probe(source.get("/"), through: SourceAccess(now: now, network: server.access())) { _ in "" }
        #expect(server.requests.count == 1)
        #expect(probe.diagnostics.map(\.level) == [.error])
    }

    @Test func `a check warns of a secret that everybody can read`() async throws {
        let workspace = try Workspace()
        try workspace.write("s3cret", to: "token")
        let source = try source(["secret_file": "token"], workspace: workspace.path)
        func warnings(_ mode: Int) async throws -> [String] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(workspace.path)/token")
            let access = SourceAccess(now: now, network: FakeServer("{}").access())
            return await source.probe(source.get("/"), through: access) { _ in "" }.diagnostics.map(\.remedy)
        }
        #expect(try await warnings(0o644) == ["`chmod 600 \(workspace.path)/token`"])
        #expect(try await warnings(0o600).isEmpty)
    }

    @Test func `a check warns of credentials that travel in clear`() async throws {
        let source = try source(["url": "http://x.example", "secret_command": ["echo", "t"]])
        let probe = await source.probe(source.get("/"), through: SourceAccess(now: now, network: FakeServer("{}").access())) { _ in "" }
        #expect(probe.diagnostics.map(\.remedy) == ["use https"])
    }
}
