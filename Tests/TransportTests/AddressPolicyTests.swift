import TestKit
import Testing

@testable import Transport

@Suite struct AddressPolicyTests {
    private let usual = AddressPolicy()

    @Test(arguments: [
        "127.0.0.1", "127.8.9.10", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "localhost", "a.localhost", "[::1]",
    ])
    func `this machine is refused`(host: String) {
        #expect(usual.refusal(ofHost: host) == .loopback)
        #expect(AddressPolicy(allowsLoopback: true).refusal(ofHost: host) == nil)
    }

    @Test(arguments: ["169.254.169.254", "fe80::1", "[fe80::1%25eth0]", "febf::9", "::ffff:169.254.169.254", "fd00:ec2::254"])
    func `the link and the metadata of clouds are refused`(host: String) {
        #expect(usual.refusal(ofHost: host) == .linkLocal)
        #expect(AddressPolicy(allowsLoopback: true).refusal(ofHost: host) == .linkLocal)
        #expect(AddressPolicy(allowsLinkLocal: true).refusal(ofHost: host) == nil)
    }

    @Test(arguments: ["224.0.0.1", "255.255.255.255", "ff02::1"])
    func `what is no host is refused whatever is allowed`(host: String) { #expect(AddressPolicy.any.refusal(ofHost: host) == .noHost) }

    @Test(arguments: ["10.0.0.1", "192.168.1.1", "172.16.0.9", "8.8.8.8", "2001:db8::1", "fd12::1", "prometheus.example.org"])
    func `networks of one's own and of the world are reached`(host: String) { #expect(usual.refusal(ofHost: host) == nil) }

    @Test func `the resolved address decides, whatever the name`() async throws {
        let server = try LoopbackServer.http { _ in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" }
        let careful = NetworkTransport(ConnectionSettings(usesProxyOfEnvironment: false, addresses: AddressPolicy()))
        for host in ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1"] {
            let url = "http://\(host):\(server.port)/"
            await #expect(throws: TransportError.self) { try await careful.send(HTTPRequest(.get, url)) }
        }
        #expect(server.requests.isEmpty)
        let allowed = NetworkTransport(
            ConnectionSettings(usesProxyOfEnvironment: false, addresses: AddressPolicy(allowsLoopback: true)))
        #expect(try await allowed.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")).status == 200)
    }

    @Test func `a redirect to an address that may not be reached is not followed`() async throws {
        let server = try LoopbackServer.http { _ in
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data\r\nContent-Length: 0\r\n\r\n"
        }
        let network = NetworkTransport(
            ConnectionSettings(usesProxyOfEnvironment: false, addresses: AddressPolicy(allowsLoopback: true)))
        await #expect(throws: TransportError.addressRefused(place: "http://169.254.169.254/latest/meta-data", kind: .linkLocal)) {
            try await network.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/"))
        }
    }

    @Test func `an announced answer of two GiB is refused before it comes`() async throws {
        let server = try LoopbackServer { _, connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\nx")
            connection.waitForEnd()
        }
        let network = NetworkTransport(ConnectionSettings(usesProxyOfEnvironment: false))
        let url = "http://127.0.0.1:\(server.port)/"
        await #expect(throws: TransportError.tooLarge(place: url, limitBytes: 64 << 20)) {
            try await network.send(HTTPRequest(.get, url))
        }
    }
}
