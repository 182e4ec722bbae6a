import Foundation
import Model
import Synchronization
import TestKit
import Testing

@testable import Transport

private let network = NetworkTransport(ConnectionSettings(usesProxyOfEnvironment: false))

func error(of work: () async throws -> Void) async -> TransportError? {
    do {
        try await work()
        return nil
    } catch { return error as? TransportError }
}

@Suite struct NetworkTransportTests {
    @Test func `an answer comes back with status, headers and body`() async throws {
        let server = try LoopbackServer.http { _ in "HTTP/1.1 418 Teapot\r\nX-Two: b\r\nConnection: close\r\n\r\nshort and stout" }
        let response = try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/pot?x=1"))
        #expect(response.status == 418)
        #expect(response.header("x-two") == "b")
        #expect(String(decoding: response.body, as: UTF8.self) == "short and stout")
        #expect(server.requests.first?.hasPrefix("GET /pot?x=1 HTTP/1.1\r\n") == true)
    }

    @Test(arguments: [HTTPMethod.post, .put, .patch, .delete])
    func `a body is sent with the method asked for`(method: HTTPMethod) async throws {
        let server = try LoopbackServer.http { _ in "HTTP/1.1 204 No Content\r\n\r\n" }
        let request = HTTPRequest(
            method, "http://127.0.0.1:\(server.port)/", headers: [HTTPHeader("Content-Type", "application/json")],
            body: Array("{\"a\":1}".utf8))
        #expect(try await network.send(request).status == 204)
        let seen = try #require(server.requests.first)
        #expect(seen.hasPrefix("\(method.rawValue) / HTTP/1.1\r\n"))
        #expect(seen.contains("Content-Type: application/json\r\n"))
        #expect(seen.hasSuffix("\r\n\r\n{\"a\":1}"))
    }

    @Test func `an answer larger than the bound is refused`() async throws {
        let server = try LoopbackServer.http { _ in "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 200_000) }
        var request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")
        request.maxResponseBytes = 100_000
        let failure = await error { _ = try await network.send(request) }
        #expect(failure == .tooLarge(place: "http://127.0.0.1:\(server.port)/", limitBytes: 100_000))
        #expect(failure?.isTransient == false)
    }

    @Test func `the bound counts bytes after decompression`() async throws {
        // 100 000 zero bytes through gzip.
        let bomb = try #require(Data(base64Encoded: Self.zeros))
        let server = try LoopbackServer { _, connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n")
            connection.write(Array(bomb))
        }
        var request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")
        #expect(try await network.send(request).body.count == 100_000)
        request.maxResponseBytes = 99_999
        #expect(
            await error { _ = try await network.send(request) } == .tooLarge(place: "http://127.0.0.1:\(server.port)/", limitBytes: 99_999))
    }

    @Test func `an answer compressed by zstd is read`() async throws {
        let zeros = try #require(Data(base64Encoded: "KLUv/QRoTQAACAABAJyGORAC2yNO8w=="))  // 100 000 of them, by zstd -19
        let server = try LoopbackServer { server, connection in
            server.note(connection.readRequest() ?? "")
            connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: \(zeros.count)\r\n\r\n")
            connection.write(Array(zeros))
        }
        let answer = try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/"))
        #expect(answer.body == [UInt8](repeating: 0, count: 100_000))
        let offered = server.requests.first?.split(separator: "\r\n").first { $0.hasPrefix("Accept-Encoding:") }
        #expect(offered?.contains("gzip") == true && offered?.contains("zstd") == true)
    }

    @Test func `of an endless answer no more is taken than the bound`() async throws {
        let (chunk, sent) = ([UInt8](repeating: 120, count: 1 << 20), Counter())
        let server = try LoopbackServer { _, connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\n")
            while sent.value < 2_048, connection.write(chunk) { sent.add() }  // two GiB, unless the other side goes away
        }
        var request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")
        request.maxResponseBytes = 8 << 20
        let failure = await error { _ = try await network.send(request) }
        #expect(failure == .tooLarge(place: request.url, limitBytes: 8 << 20))
        #expect(sent.value < 8 + 32)  // what sockets hold
    }

    @Test func `endless headers are refused`() async throws {
        let server = try LoopbackServer { _, connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n")
            for index in 0..<20_000 { connection.write("X-\(index): \(String(repeating: "y", count: 100))\r\n") }
        }
        let failure = await error { _ = try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")) }
        guard case .tooLarge? = failure else {
            Issue.record("got \(String(describing: failure))")
            return
        }
    }

    @Test func `credentials follow a redirect on the same origin and no further`() async throws {
        let other = try LoopbackServer.http { _ in "HTTP/1.1 200 OK\r\n\r\nother" }
        let otherPort = other.port
        let first = try LoopbackServer.http { request in
            request.hasPrefix("GET /start")
                ? "HTTP/1.1 302 Found\r\nLocation: /middle\r\nConnection: close\r\n\r\n"
                : "HTTP/1.1 307 Over there\r\nLocation: http://127.0.0.1:\(otherPort)/end\r\nConnection: close\r\n\r\n"
        }
        let secrets = [
            HTTPHeader("Authorization", "Bearer s3cret"), HTTPHeader("Private-Token", "t0ken"), HTTPHeader("Accept", "text/plain"),
        ]
        let response = try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(first.port)/start", headers: secrets))
        #expect(String(decoding: response.body, as: UTF8.self) == "other")
        #expect(response.url == "http://127.0.0.1:\(otherPort)/end")
        #expect(first.requests.count == 2)
        #expect(first.requests.allSatisfy { $0.contains("Bearer s3cret") && $0.contains("t0ken") })
        let last = try #require(other.requests.first)
        #expect(!last.contains("s3cret") && !last.contains("t0ken"))
        #expect(last.contains("Accept: text/plain"))
    }

    @Test func `redirects in a circle end`() async throws {
        let server = try LoopbackServer.http { _ in "HTTP/1.1 301 Moved\r\nLocation: /again\r\nConnection: close\r\n\r\n" }
        let failure = await error { _ = try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")) }
        #expect(failure == .tooManyRedirects(place: "http://127.0.0.1:\(server.port)/", limit: 5))
        #expect(server.requests.count == 6)
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://user:pass@127.0.0.1/"])
    func `a redirect to something unsafe is not followed`(target: String) async throws {
        let server = try LoopbackServer.http { _ in "HTTP/1.1 302 Found\r\nLocation: \(target)\r\nConnection: close\r\n\r\n" }
        let failure = await error { _ = try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")) }
        guard case .unsafeRedirect? = failure else {
            Issue.record("got \(String(describing: failure))")
            return
        }
        #expect(failure?.description.contains("pass") == false)
    }

    @Test func `https never falls back to http`() throws {
        let request = HTTPRequest(.get, "https://example.org/a")
        #expect(throws: TransportError.unsafeRedirect(from: "https://example.org/a", to: "http://example.org/a")) {
            try Redirect.next(after: request, status: 301, location: "http://example.org/a")
        }
    }

    @Test func `a post is not sent again to where a redirect points`() throws {
        let request = HTTPRequest(.post, "https://example.org/a", body: [1])
        #expect(try Redirect.next(after: request, status: 307, location: "https://example.org/b") == nil)
    }

    @Test(arguments: [
        HTTPHeader("X-A", "one\r\nX-Evil: two"), HTTPHeader("X-A\r\nX-Evil", "two"), HTTPHeader("X A", "b"), HTTPHeader("", "b"),
        HTTPHeader("A", "b\0c"),
    ])
    func `a header cannot smuggle in another`(header: HTTPHeader) async throws {
        let server = try LoopbackServer.http { _ in "HTTP/1.1 200 OK\r\n\r\n" }
        let failure = await error { _ = try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/", headers: [header])) }
        #expect(failure == .badHeader(name: header.name.clipped(to: 60)))
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: ["", "nonsense", "file:///etc/passwd", "http://a:b@127.0.0.1/", "http://127.0.0.1/a b", "http://"])
    func `only plain web addresses are asked`(url: String) async throws {
        let failure = await error { _ = try await network.send(HTTPRequest(.get, url)) }
        guard case .badURL? = failure else {
            Issue.record("got \(String(describing: failure))")
            return
        }
    }

    @Test func `a connection that breaks off is a passing fault`() async throws {
        let server = try LoopbackServer { _, connection in _ = connection.readRequest() }
        let failure = await error { _ = try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")) }
        #expect(failure?.isTransient == true)
    }

    @Test func `a closed port is a passing fault that names the place`() async throws {
        var server: LoopbackServer? = try LoopbackServer { _, _ in }
        let port = try #require(server?.port)
        server = nil
        let failure = await error { _ = try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(port)/x?token=abc")) }
        #expect(failure?.isTransient == true)
        #expect(failure?.description.contains("http://127.0.0.1:\(port)/x") == true)
        #expect(failure?.description.contains("abc") == false)
    }

    @Test func `a server that never answers runs into the timeout`() async throws {
        let server = try LoopbackServer { _, connection in connection.waitForEnd() }
        var request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")
        request.timeoutSeconds = 0.2
        #expect(await error { _ = try await network.send(request) } == .timedOut(place: "http://127.0.0.1:\(server.port)/", seconds: 0.2))
    }

    @Test func `cancelling the task ends the transfer`() async throws {
        let server = try LoopbackServer { server, connection in
            _ = connection.readRequest()
            server.note("asked")
            connection.waitForEnd()
        }
        let port = server.port
        let task = Task { await error { _ = try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(port)/")) } }
        while server.requests.isEmpty { await Task.yield() }
        task.cancel()
        #expect(await task.value == .cancelled)
    }

    @Test func `a connection is used again for the next request`() async throws {
        let connections = Counter()
        let server = try LoopbackServer { _, connection in
            connections.add()
            while connection.readRequest() != nil { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        }
        let transport = NetworkTransport(ConnectionSettings(usesProxyOfEnvironment: false))
        for _ in 0..<5 { _ = try await transport.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")) }
        #expect(connections.value == 1)
    }

    @Test(arguments: [("120", 120.0), ("Thu, 01 Jan 1970 00:01:00 GMT", 60), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)])
    func `retry-after is read as seconds and as a date`(value: String, seconds: Double) {
        let response = HTTPResponse(status: 503, headers: [HTTPHeader("Retry-After", value)])
        #expect(response.retryAfterSeconds(now: Instant(ms: 0)) == seconds)
    }

    @Test(arguments: ["soon", "-1", "Thu, 99 Jan 1970 00:00:00 GMT", "Thu, 01 Foo 1970 00:00:00 GMT", ""])
    func `an unreadable retry-after is ignored`(value: String) {
        #expect(HTTPResponse(status: 503, headers: [HTTPHeader("retry-after", value)]).retryAfterSeconds(now: Instant(ms: 0)) == nil)
    }

    @Test(
        arguments: [
            ([("retry-after", "30"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1767270000")], 30.0),
            ([("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1767270000")], 1_200),
            ([("ratelimit-remaining", "0"), ("ratelimit-reset", "7")], 7),
            ([("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2026-01-01T12:01:00Z")], 60),
            ([("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1767268000")], 0),
        ] as [([(String, String)], Double)])
    func `a spent rate limit is waited for`(headers: [(String, String)], seconds: Double) {
        let response = HTTPResponse(status: 403, headers: headers.map { HTTPHeader($0.0, $0.1) })
        #expect(response.isRateLimited)
        #expect(response.waitSeconds(now: Instant(ms: 1_767_268_800_000)) == seconds)
    }

    @Test func `a refusal is no rate limit, and one in words alone is waited for a minute`() {
        let refused = HTTPResponse(status: 403, headers: [HTTPHeader("x-ratelimit-remaining", "4999")], body: Array("no access".utf8))
        #expect(!refused.isRateLimited && refused.waitSeconds(now: Instant(ms: 0)) == nil)
        let limited = HTTPResponse(status: 403, body: Array(#"{"message":"You have exceeded a secondary rate limit."}"#.utf8))
        #expect(limited.isRateLimited && limited.waitSeconds(now: Instant(ms: 0)) == 60)
    }

    @Test(
        arguments: [
            (#"<https://x.example/a?page=2>; rel="next", <https://x.example/a?page=9>; rel="last""#, "https://x.example/a?page=2"),
            (#"<https://x.example/a?page=1>; rel="prev", </a?page=3>; rel="next""#, "/a?page=3"),
            (#"<https://x.example/a?page=1>; rel="first""#, nil),
            ("nonsense, <>;;", nil),
        ] as [(String, String?)])
    func `the link to the next page is found among others`(link: String, next: String?) {
        #expect(HTTPResponse(status: 200, headers: [HTTPHeader("Link", link)]).nextLink == next)
    }

    static let zeros =
        "H4sIAAAAAAACA+3BMQEAAADCoPVPbQ0PoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIBXA32VEdSghgEA"
}

final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}
