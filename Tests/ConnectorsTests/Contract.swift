import Foundation
import Model
import Synchronization
import TestKit
import Testing

@testable import Connectors
@testable import Transport

/// What a service answers, as its documentation shows it: the stand-in for one that cannot run beside the tests.
///
/// A file of `Contracts/` holds exchanges, `###` between them, in the form that editors know as `.http`. Lines with `#` before a
/// request say which document the payload is taken from (times are moved to the tests' own day):
///
///     # Loki HTTP API: query logs within a range of time
///     # https://grafana.com/docs/loki/latest/reference/loki-http-api/
///     GET /loki/api/v1/query_range?query={app="cart"}&start=*
///     X-Scope-OrgID: shop
///
///     HTTP/1.1 200
///     Content-Type: application/json
///
///     {"status": "success", …}
///
/// A request is answered by the exchange of its method and path that names most of its parameters and headers. What an exchange names
/// has to be there; `*` is any value, in a path any one segment. What it does not name is free, as in life; `! name` in place of a
/// header demands that this parameter is absent. `@once` before a request is an answer that is given once, before all others:
/// a limit that is passed, a token that has run out. `{origin}` in an answer is where the service is. A body after the headers of a
/// request is JSON that the request's body has to hold. An answer `base64:…` is of bytes that are no text. An `ETag` is honoured with
/// 304, a `Location` followed as over a network. What nobody recorded is answered with 404 and
/// stays in `unexpected`.
final class Contract: Sendable {
    struct Exchange: Sendable {
        var sources: [String] = []
        var isOnce = false
        var method = ""
        var path: [String] = []
        var parameters: [(name: String, value: String)] = []
        var absent: [String] = []
        var headers: [HTTPHeader] = []
        var body: JSONValue?
        var response = HTTPResponse(status: 200)
        var isText = true
    }
    struct Malformed: Error { var file: String, why: String }

    let name: String
    let exchanges: [Exchange]
    private struct State {
        var used: Set<Int> = []
        var unexpected: [String] = []
        var requests: [String] = []
        var unchanged: [String] = []
    }
    private let state = Mutex(State())
    /// Requests that no exchange answers.
    var unexpected: [String] { state.withLock { $0.unexpected } }
    /// `GET /path?query`, as asked.
    var requests: [String] { state.withLock { $0.requests } }
    /// Those of them that were answered with 304.
    var unchanged: [String] { state.withLock { $0.unchanged } }
    /// The places of exchanges that answered at least once.
    var used: Set<Int> { state.withLock { $0.used } }

    static var names: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".http") }
                .map { String($0.dropLast(".http".count)) }.sorted()
        }
    }
    private static let folder = Checkout.root.appending(path: "Tests/ConnectorsTests/Contracts")

    init(_ name: String) throws {
        self.name = name
        let text = try String(contentsOf: Self.folder.appending(path: "\(name).http"), encoding: .utf8)
        exchanges = try text.split(separator: "\n###").map { part in
            do throws(Malformed) { return try Exchange(part) } catch { throw Malformed(file: name, why: error.why) }
        }
    }

    /// As a transport that needs no network.
    var server: FakeServer {
        FakeServer { _, first in
            var request = first
            for _ in 0...first.maxRedirects {
                let response = self.answer(request)
                do throws(TransportError) {
                    let next = try Redirect.next(after: request, status: response.status, location: response.header("location"))
                    guard let next else { return .success(response) }
                    request = next
                } catch {
                    return .failure(error)
                }
            }
            return .failure(.tooManyRedirects(place: first.url, limit: first.maxRedirects))
        }
    }
    private func answer(_ request: HTTPRequest) -> HTTPResponse {
        let at = request.url.range(of: "://").flatMap { scheme in request.url[scheme.upperBound...].firstIndex(of: "/") }
        let origin = String(request.url[..<(at ?? request.url.endIndex)])
        let target = at.map { String(request.url[$0...]) } ?? "/"
        return answer(request.method.rawValue, target, request.headers, request.body ?? [], origin: origin)
    }

    /// What is said to a request as it came over a connection.
    func answer(toMessage message: String, origin: String) -> HTTPResponse {
        let (head, body) = message.cut(at: "\r\n\r\n") ?? (message, "")
        let lines = head.components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        let headers = lines.dropFirst().compactMap { line in line.cut(at: ": ").map { HTTPHeader($0.0, $0.1) } }
        return answer(String(words.first ?? ""), String(words.dropFirst().first ?? ""), headers, Array(body.utf8), origin: origin)
    }

    func answer(_ method: String, _ target: String, _ headers: [HTTPHeader], _ body: [UInt8], origin: String) -> HTTPResponse {
        let asked = Question(method, target, headers, body)
        return state.withLock { state in
            state.requests.append("\(method) \(target)")
            let fitting = exchanges.indices.filter { exchanges[$0].answers(asked) && !(exchanges[$0].isOnce && state.used.contains($0)) }
            let best = fitting.max { (exchanges[$0].rank, $1) < (exchanges[$1].rank, $0) }  // of equal ones the first
            guard let best else {
                state.unexpected.append("\(method) \(target)")
                return HTTPResponse(status: 404, body: Array("nobody recorded an answer to this".utf8))
            }
            state.used.insert(best)
            var response = exchanges[best].response
            if let tag = response.header("etag"), asked.header("if-none-match") == tag {
                state.unchanged.append("\(method) \(target)")
                return HTTPResponse(status: 304, headers: response.headers)
            }
            let filled: (String) -> String = { $0.replacingOccurrences(of: "{origin}", with: origin) }
            response.headers = response.headers.map { HTTPHeader($0.name, filled($0.value)) }
            if exchanges[best].isText { response.body = Array(filled(String(decoding: response.body, as: UTF8.self)).utf8) }
            return response
        }
    }
}

private struct Question {
    let method: String
    let path: [String]
    let parameters: [(name: String, value: String)]
    let headers: [HTTPHeader]
    let body: [UInt8]

    init(_ method: String, _ target: String, _ headers: [HTTPHeader], _ body: [UInt8]) {
        self.method = method
        let (path, query) = target.cut(at: "?") ?? (target, "")
        self.path = path.components(separatedBy: "/").map { $0.removingPercentEncoding ?? $0 }
        parameters = query.split(separator: "&").map { Self.parameter(String($0)) }
        self.headers = headers
        self.body = body
    }
    static func parameter(_ text: String) -> (name: String, value: String) {
        let (name, value) = text.cut(at: "=") ?? (text, "")
        return (name.removingPercentEncoding ?? name, value.removingPercentEncoding ?? value)
    }
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
}

extension Contract.Exchange {
    fileprivate init(_ part: Substring) throws(Contract.Malformed) {
        var lines = part.components(separatedBy: "\n")[...]
        while let line = lines.first, line.isEmpty || line.hasPrefix("#") || line == "@once" {
            if line.hasPrefix("# ") { sources.append(String(line.dropFirst(2))) }
            if line == "@once" { isOnce = true }
            lines.removeFirst()
        }
        let words = (lines.popFirst() ?? "").split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { throw Contract.Malformed(file: "", why: "a request is a method and a target, not `\(words)`") }
        method = String(words[0])
        let (path, query) = String(words[1]).cut(at: "?") ?? (String(words[1]), "")
        self.path = path.components(separatedBy: "/").map { $0.removingPercentEncoding ?? $0 }
        parameters = query.split(separator: "&").map { Question.parameter(String($0)) }
        while let line = lines.popFirst(), !line.isEmpty {
            if line.hasPrefix("! ") {
                absent.append(String(line.dropFirst(2)))
            } else if let (name, value) = line.cut(at: ": ") {
                headers.append(HTTPHeader(name, value))
            }
        }
        var bodyLines: [String] = []
        while let line = lines.first, !line.hasPrefix("HTTP/1.1 ") {
            bodyLines.append(line)
            lines.removeFirst()
        }
        let body = bodyLines.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
        if !body.isEmpty {
            guard let value = JSONValue(ownText: body) else { throw Contract.Malformed(file: "", why: "the body of \(words) is no JSON") }
            self.body = value
        }
        guard let status = lines.popFirst().flatMap({ Int($0.dropFirst("HTTP/1.1 ".count).prefix(3)) }) else {
            throw Contract.Malformed(file: "", why: "no answer to \(words[1])")
        }
        response.status = status
        while let line = lines.popFirst(), !line.isEmpty {
            if let (name, value) = line.cut(at: ": ") { response.headers.append(HTTPHeader(name, value)) }
        }
        let text = lines.joined(separator: "\n").trimmingCharacters(in: .newlines)
        response.body = Array(text.utf8)
        if text.hasPrefix("base64:"), let bytes = Data(base64Encoded: String(text.dropFirst("base64:".count))) {
            response.body = Array(bytes)
            isText = false
        }
    }

    /// Answers given once come first, then those that name more.
    fileprivate var rank: Int { (isOnce ? 1_000 : 0) + parameters.count + headers.count + absent.count + (body == nil ? 0 : 1) }

    fileprivate func answers(_ asked: Question) -> Bool {
        guard asked.method == method, asked.path.count == path.count else { return false }
        let isPath = zip(path, asked.path).allSatisfy { $0 == "*" || $0 == $1 }
        let hasParameters = parameters.allSatisfy { wanted in
            asked.parameters.contains { $0.name == wanted.name && (wanted.value == "*" || $0.value == wanted.value) }
        }
        let lacks = absent.allSatisfy { name in !asked.parameters.contains { $0.name == name } }
        let hasHeaders = headers.allSatisfy { wanted in asked.header(wanted.name).map { wanted.value == "*" || $0 == wanted.value } ?? false
        }
        let hasBody = body.map { $0.isHeld(by: JSONValue(ownText: String(decoding: asked.body, as: UTF8.self))) } ?? true
        return isPath && hasParameters && lacks && hasHeaders && hasBody
    }
}

extension JSONValue {
    /// True when `other` has all members of this, of the same value.
    fileprivate func isHeld(by other: JSONValue?) -> Bool {
        guard let other else { return false }
        guard case .object(let members) = self else { return self == other || self == "*" }
        return members.allSatisfy { $0.value.isHeld(by: other[$0.key]) }
    }
}

extension String {
    /// What stands before and behind the first `separator`.
    fileprivate func cut(at separator: String) -> (String, String)? {
        range(of: separator).map { (String(self[..<$0.lowerBound]), String(self[$0.upperBound...])) }
    }
}

@Suite struct ContractTests {
    @Test func `each recorded payload names the document it is from`() throws {
        for name in try Contract.names {
            for exchange in try Contract(name).exchanges {
                let isNamed = exchange.sources.contains { $0.hasPrefix("https://") }
                #expect(isNamed, "\(name): \(exchange.method) \(exchange.path.joined(separator: "/"))")
            }
        }
    }

    @Test(
        arguments: [
            ("github", ["repository": "example/shop", "read": ["pull_requests"]], 60_000),
            ("gitlab", ["project": "example/shop", "read": "pipelines"], 9_000),
            ("jira", ["edition": "cloud", "jql": "project = SHOP"], 9_000), ("pagerduty", [:], 7_000),
            ("kubernetes", ["selector": "app in (cart, checkout)"], 1_000),
        ] as [(String, [String: JSONValue], Int64)])
    func `a limit is waited out for as long as the service says`(kind: String, settings: [String: JSONValue], ms: Int64) async throws {
        let workspace = try Workspace(now: Workspace.noon)
        let contract = try Contract(kind)
        let (clock, server) = (SleepClock(Workspace.noon), contract.server)
        let own: [String: JSONValue] = ["url": "https://x.example", "rate": 1_000]
        let connector = try workspace.connector(kind, own.merging(settings) { $1 })
        let run = try await workspace.collect(connector, network: NetworkAccess(clock: clock, chance: { 0.5 }, transport: { _ in server }))
        #expect(!run.reading.events.isEmpty && contract.unexpected.isEmpty)
        #expect(contract.used.contains { [403, 429].contains(contract.exchanges[$0].response.status) })
        #expect((ms..<(ms + 1_000)).contains(clock.slept))
    }
}
