import Model
import TestKit
import Testing

@testable import Transport

@Suite(.enabled(if: Authority.isPossible)) struct CertificateTests {
    private let authority: Authority
    init() throws {
        authority = try Authority()
        try authority.issue("server")
    }
    private func network(_ certificate: String? = nil) -> NetworkTransport {
        NetworkTransport(
            ConnectionSettings(
                caFile: authority.path("ca.pem"), clientCertificate: certificate.map { authority.path("\($0).pem") },
                clientKey: certificate.map { authority.path("\($0).key") }, usesProxyOfEnvironment: false))
    }
    private func request(_ server: Authority.Server) -> HTTPRequest { HTTPRequest(.get, "https://127.0.0.1:\(server.port)/") }
    private func isRefused(_ failure: TransportError?) -> Bool { if case .untrusted? = failure { true } else { false } }

    @Test func `a certificate nobody vouches for is refused until its authority is named`() async throws {
        let server = try Authority.Server(authority, certificate: "server")
        let stranger = NetworkTransport(ConnectionSettings(usesProxyOfEnvironment: false))
        let failure = await error { _ = try await stranger.send(request(server)) }
        #expect(isRefused(failure))
        #expect(failure?.isTransient == false)
        #expect(try await network().send(request(server)).status == 200)
    }

    @Test func `a mail server's certificate is judged by the authority that it names`() async throws {
        let peer = try Authority.Server(authority, certificate: "server")
        var server = SMTPServer(host: "127.0.0.1", port: peer.port, security: .tls)
        server.timeoutSeconds = 2  // the peer takes the connection and never greets
        let transport = NetworkTransport(ConnectionSettings(usesProxyOfEnvironment: false))
        let mail = SMTPMail(from: "board@example.org", to: ["ann@example.org"], bytes: [])
        let stranger = server
        #expect(isRefused(await error { _ = try await transport.send(mail, through: stranger) }))
        server.caFile = authority.path("ca.pem")
        let friend = server
        let trusted = await error { _ = try await transport.send(mail, through: friend) }
        #expect(trusted == .timedOut(place: "127.0.0.1:\(peer.port)", seconds: 2))
    }

    @Test func `a certificate for another host is refused`() async throws {
        try authority.issue("other", host: "IP:127.0.0.2")
        let server = try Authority.Server(authority, certificate: "other")
        let transport = network()
        #expect(isRefused(await error { _ = try await transport.send(request(server)) }))
    }

    @Test func `a server that asks who we are is shown our certificate`() async throws {
        try authority.issue("client")
        try authority.issue("stranger", isSelfSigned: true)
        let server = try Authority.Server(
            authority, certificate: "server", more: ["-Verify", "1", "-verify_return_error", "-CAfile", "ca.pem"])
        #expect(try await network("client").send(request(server)).status == 200)
        for certificate in [nil, "stranger"] {
            let transport = network(certificate)
            #expect(await error { _ = try await transport.send(request(server)) } != nil)
        }
    }

    @Test func `a certificate that changes to a stranger's is refused, and welcome when it changes back`() async throws {
        try authority.issue("stranger", isSelfSigned: true)
        let transport = network()  // one, which would keep its connection
        var server = try Authority.Server(authority, certificate: "server")
        let port = server.port
        #expect(try await transport.send(request(server)).status == 200)
        server.end()
        server = try Authority.Server(authority, certificate: "stranger", port: port)
        let stranger = request(server)
        #expect(isRefused(await error { _ = try await transport.send(stranger) }))
        server.end()
        server = try Authority.Server(authority, certificate: "server", port: port)
        #expect(try await transport.send(request(server)).status == 200)
    }

    @Test func `a missing certificate file is said by name`() async throws {
        let server = try Authority.Server(authority, certificate: "server")
        let transport = network("none")
        let failure = await error { _ = try await transport.send(request(server)) }
        #expect(failure?.description.contains("none.pem") == true, "\(String(describing: failure))")
    }
}
