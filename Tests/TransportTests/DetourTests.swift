import Foundation
import Model
import TestKit
import Testing

@testable import Transport

/// Servers that are not reached straight: through a proxy, or by a unix socket.
@Suite struct DetourTests {
    private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"

    @Test func `a proxy is given the whole address, and resolves the name itself`() async throws {
        let proxy = try LoopbackServer.http { _ in Self.answer }
        let network = NetworkTransport(ConnectionSettings(proxy: "http://127.0.0.1:\(proxy.port)", addresses: AddressPolicy()))
        #expect(try await network.send(HTTPRequest(.get, "http://nowhere.invalid/x?y=1")).status == 200)
        #expect(proxy.requests.first?.hasPrefix("GET http://nowhere.invalid/x?y=1 HTTP/1.1\r\n") == true)
    }

    @Test func `what is encrypted goes through the proxy unread`() async throws {
        let proxy = try LoopbackServer.http { _ in "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n" }
        let network = NetworkTransport(ConnectionSettings(proxy: "http://127.0.0.1:\(proxy.port)"))
        let secret = HTTPHeader("Authorization", "Bearer s3cret")
        let failure = await error { _ = try await network.send(HTTPRequest(.get, "https://nowhere.invalid/x", headers: [secret])) }
        #expect(failure?.isTransient == true)
        let seen = try #require(proxy.requests.first)
        #expect(seen.hasPrefix("CONNECT nowhere.invalid:443 HTTP/1.1\r\n"))
        #expect(!seen.contains("s3cret") && !seen.contains("/x"))
    }

    @Test func `an address that may not be reached is not reached through a proxy either`() async throws {
        let proxy = try LoopbackServer.http { _ in Self.answer }
        let network = NetworkTransport(ConnectionSettings(proxy: "http://127.0.0.1:\(proxy.port)", addresses: AddressPolicy()))
        let failure = await error { _ = try await network.send(HTTPRequest(.get, "http://169.254.169.254/latest/meta-data")) }
        #expect(failure == .addressRefused(place: "http://169.254.169.254/latest/meta-data", kind: .linkLocal))
        #expect(proxy.requests.isEmpty)
    }

    @Test func `a unix socket is asked whatever host the address names`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "s").path()
        let server = try LoopbackServer(unixSocket: path) { server, connection in
            server.note(connection.readRequest() ?? "")
            connection.write(Self.answer)
        }
        let network = NetworkTransport(
            ConnectionSettings(proxy: nil, usesProxyOfEnvironment: true, unixSocket: path, addresses: AddressPolicy()))
        #expect(try await network.send(HTTPRequest(.get, "http://docker/containers/json")).status == 200)
        #expect(server.requests.first?.hasPrefix("GET /containers/json HTTP/1.1\r\nHost: docker\r\n") == true)
    }

    @Test func `a unix socket that is not there is a passing fault`() async throws {
        let network = NetworkTransport(ConnectionSettings(unixSocket: "/nonexistent/socket"))
        #expect(await error { _ = try await network.send(HTTPRequest(.get, "http://docker/")) }?.isTransient == true)
    }
}
