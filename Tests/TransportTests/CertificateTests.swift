import Foundation
import Glibc
import Model
import TestKit
import Testing

@testable import Transport

/// An authority that signs certificates, and servers that show them: OpenSSL's own.
private final class Authority {
    let folder: TemporaryFolder
    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    init() throws {
        folder = try TemporaryFolder()
        try openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 36500 -subj /CN=ca")
    }
    func path(_ name: String) -> String { folder.url.appending(path: name).path() }

    /// Makes `name.pem` and `name.key`: for 127.0.0.1, signed by the authority, or by nobody else than itself.
    func issue(_ name: String, isSelfSigned: Bool = false, host: String = "IP:127.0.0.1") throws {
        let signer = isSelfSigned ? "" : " -CA ca.pem -CAkey ca.key"
        try openssl(
            "req -x509\(signer) -newkey rsa:2048 -nodes -keyout \(name).key -out \(name).pem -days 36500 -subj /CN=\(name) "
                + "-addext subjectAltName=\(host)")
    }

    private func openssl(_ words: String) throws {
        let output = Pipe()
        let process = try start(words.split(separator: " ").map(String.init), output: output)
        _ = try output.fileHandleForReading.readToEnd()  // which ends with the process
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw Failure(words: words) }
    }
    fileprivate func start(_ arguments: [String], output: Pipe? = nil) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        process.standardInput = Pipe()
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
    struct Failure: Error { var words: String }

    /// `openssl s_server`, ended with the value.
    final class Server {
        private let process: Process
        private let output = Pipe()
        let port: Int
        var request: HTTPRequest { HTTPRequest(.get, "https://127.0.0.1:\(port)/") }

        init(_ authority: Authority, certificate: String, port: Int = 0, more: [String] = []) throws {
            process = try authority.start(
                ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", "\(certificate).pem", "-key", "\(certificate).key", "-www"] + more,
                output: output)
            var said = ""
            while !said.contains("ACCEPT") || !said.hasSuffix("\n") {
                let data = output.fileHandleForReading.availableData
                if data.isEmpty { break }
                said += String(decoding: data, as: UTF8.self)
            }
            // With a port that was asked for it says no more than the word.
            let line = said.split(separator: "\n").first { $0.hasPrefix("ACCEPT") }
            self.port = line?.split(separator: ":").last.flatMap { Int($0) } ?? port
        }
        func end() {
            kill(process.processIdentifier, SIGKILL)  // it does not hear SIGTERM
            _ = try? output.fileHandleForReading.readToEnd()
        }
        deinit { end() }
    }
}

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
    private func isRefused(_ failure: TransportError?) -> Bool { if case .untrusted? = failure { true } else { false } }

    @Test func `a certificate nobody vouches for is refused until its authority is named`() async throws {
        let server = try Authority.Server(authority, certificate: "server")
        let stranger = NetworkTransport(ConnectionSettings(usesProxyOfEnvironment: false))
        let failure = await error { _ = try await stranger.send(server.request) }
        #expect(isRefused(failure))
        #expect(failure?.isTransient == false)
        #expect(try await network().send(server.request).status == 200)
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
        #expect(isRefused(await error { _ = try await transport.send(server.request) }))
    }

    @Test func `a server that asks who we are is shown our certificate`() async throws {
        try authority.issue("client")
        try authority.issue("stranger", isSelfSigned: true)
        let server = try Authority.Server(
            authority, certificate: "server", more: ["-Verify", "1", "-verify_return_error", "-CAfile", "ca.pem"])
        #expect(try await network("client").send(server.request).status == 200)
        for certificate in [nil, "stranger"] {
            let transport = network(certificate)
            #expect(await error { _ = try await transport.send(server.request) } != nil)
        }
    }

    @Test func `a certificate that changes to a stranger's is refused, and welcome when it changes back`() async throws {
        try authority.issue("stranger", isSelfSigned: true)
        let transport = network()  // one, which would keep its connection
        var server = try Authority.Server(authority, certificate: "server")
        let port = server.port
        #expect(try await transport.send(server.request).status == 200)
        server.end()
        server = try Authority.Server(authority, certificate: "stranger", port: port)
        let request = server.request
        #expect(isRefused(await error { _ = try await transport.send(request) }))
        server.end()
        server = try Authority.Server(authority, certificate: "server", port: port)
        #expect(try await transport.send(server.request).status == 200)
    }

    @Test func `a missing certificate file is said by name`() async throws {
        let server = try Authority.Server(authority, certificate: "server")
        let request = server.request
        let transport = network("none")
        let failure = await error { _ = try await transport.send(request) }
        #expect(failure?.description.contains("none.pem") == true, "\(String(describing: failure))")
    }
}
