import Model
import Synchronization
import TestKit

@testable import Connectors
@testable import Transport

/// A clock that moves when somebody sleeps on it.
final class SleepClock: CourierClock {
    private let moment: Mutex<(now: Instant, slept: Int64)>
    init(_ start: Instant) { moment = Mutex((start, 0)) }
    func now() -> Instant { moment.withLock { $0.now } }
    func sleep(ms: Int64) async throws(TransportError) {
        moment.withLock {
            $0.now = $0.now + ms
            $0.slept += ms
        }
    }
    var slept: Int64 { moment.withLock { $0.slept } }
}

/// A server made of a function from the number of the request (from 0) and the request.
final class FakeServer: HTTPTransport {
    typealias Answer = Result<HTTPResponse, TransportError>
    private let asked = Mutex<[HTTPRequest]>([])
    private let answer: Mutex<@Sendable (Int, HTTPRequest) -> Answer>
    init(_ answer: @escaping @Sendable (Int, HTTPRequest) -> Answer) { self.answer = Mutex(answer) }
    convenience init(_ body: String) { self.init { _, _ in .ok(body) } }

    var requests: [HTTPRequest] { asked.withLock { $0 } }
    /// The part of each URL behind the host.
    var paths: [String] { requests.map { String($0.url.dropFirst("https://x.example".count)) } }
    func become(_ new: @escaping @Sendable (Int, HTTPRequest) -> Answer) { answer.withLock { $0 = new } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let number = asked.withLock { asked in
            asked.append(request)
            return asked.count - 1
        }
        let answer = answer.withLock { $0 }
        var response = try answer(number, request).get()
        response.url = request.url
        return response
    }
    /// Its answer, for a server that stands before it.
    func reply(to request: HTTPRequest) -> Answer { answer.withLock { $0 }(0, request) }
    /// As a run sees it, with a clock that nobody waits for.
    func access(now: Instant = Workspace.noon) -> NetworkAccess {
        NetworkAccess(clock: SleepClock(now), chance: { 0.5 }, transport: { _ in self })
    }
}

extension FakeServer.Answer {
    static func ok(_ body: String, _ headers: [HTTPHeader] = []) -> Self {
        .success(HTTPResponse(status: 200, headers: headers, body: Array(body.utf8)))
    }
    static func status(_ status: Int, _ body: String = "", _ headers: [HTTPHeader] = []) -> Self {
        .success(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
    }
}

extension HTTPRequest {
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    /// The value of a parameter of its query, as far as these tests need it unescaped.
    func parameter(_ name: String) -> String? {
        url.split(separator: "?").last?.split(separator: "&").first { $0.hasPrefix("\(name)=") }.map {
            String($0.dropFirst(name.count + 1))
        }
    }
}
