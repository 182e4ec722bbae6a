import Formats
import Model
import Transport

extension Cursor {
    /// The same with what of the list was seen; nothing changes without it.
    func remembering(_ seen: JSONValue?) -> Cursor {
        var state = state
        if let seen { state["seen"] = seen }
        return Cursor(state)
    }
}

/// What the connectors of forges share: a project has parts, which are read one after the other, each list with a cursor of its name.
protocol ForgeConnector: HTTPConnector {
    associatedtype Part: RawRepresentable<String> & Sendable
    var parts: [Part] { get }
    /// `owner/name`.
    var project: String { get }
    /// What the project is known by when an item does not say where it is.
    var place: String { get }
    var builds: BuildScope { get }
    /// The question for a page of a part's list.
    func request(_ part: Part, _ question: ListSweep.Question, branch: String?) -> HTTPRequest
    /// The next page of a part's list; nil when it was read to its end.
    func list(_ part: Part, _ cursors: [String: Cursor], _ access: SourceAccess) async throws(ConnectorError) -> Page?
    /// What else is asked about items of the lists but builds; nil when nothing is.
    func details(_ cursors: [String: Cursor], _ access: SourceAccess) async throws(ConnectorError) -> Page?
    /// What one build says, which a list named: its job and log when it failed, its tests.
    func build(_ json: JSONValue, _ access: SourceAccess) async throws(ConnectorError) -> Page
    /// What `check` says of the first page of a part's list, and when it is none.
    static func sample(_ bytes: UnsafeRawBufferPointer, _ part: Part, _ since: Instant, _ document: DocumentOrigin) -> String
    static func fault(_ response: HTTPResponse) -> String?
    /// The cursors to forget with that of a part's list.
    static func cursors(beside part: Part) -> [String]
    /// What to do about a refusal of a part; nil for what HTTP itself says of it.
    static func remedy(_ part: Part, _ status: Int) -> String?
}

extension ForgeConnector {
    /// Items are read as they come: what is asked for next depends on them.
    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading { Reading() }

    func origin(_ access: SourceAccess) -> DocumentOrigin { http.origin(place, access) }
    func details(_ cursors: [String: Cursor], _ access: SourceAccess) async throws(ConnectorError) -> Page? { nil }

    /// First the lists, then what is asked about single items; builds first when many wait.
    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        let waiting = WaitingBuilds(cursors)
        if !waiting.isTooMany {
            for part in parts {
                do throws(ConnectorError) {
                    if let page = try await list(part, cursors, access) { return page }
                } catch {
                    throw error.with { Self.remedy(part, $0) }
                }
            }
            if let page = try await details(cursors, access) { return page }
        }
        guard let (next, rest) = waiting.next else { return nil }
        var page = try await build(next, access)
        page.cursorUpdates[WaitingBuilds.key] = rest.cursor
        return page
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        let question = ListSweep.Question(since: access.now - .dayMs)
        let branch = builds.asked([:], now: access.now).branch
        return await http.probe(
            each: parts.map { part in
                (
                    request(part, question, branch: branch),
                    { response in
                        response.body.withUnsafeBytes { Self.sample($0, part, question.since, origin(access)) }
                    }
                )
            }, through: access, fault: Self.fault, remedy: { Self.remedy(parts[$0], $1) })
    }

    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { cursors.readUntil(of: parts.map(\.rawValue)) }
    package func cursors(refetching place: String) -> [String]? {
        parts.filter { place.hasPrefix($0.rawValue) }.flatMap { [$0.rawValue] + Self.cursors(beside: $0) }
    }

    /// What is asked of one item of a part, such as the log of a job. Nil for what is not there any more, may not be seen, is too large,
    /// or, a day after the item's `time`, for what the server does not manage to give: one item must not hold up the others.
    func detail(
        _ request: HTTPRequest, of part: Part, at time: Instant, through access: SourceAccess, fault: (HTTPResponse) -> String?
    ) async throws(ConnectorError) -> HTTPResponse? {
        do throws(ConnectorError) {
            return try await http.send(request, through: access, fault: fault)
        } catch {
            switch error {
            case .refused(_, let status, _, _) where status != 401: return nil
            case .network(.failed(_, _)), .network(.status(_, _, _)):
                if access.now - time > .dayMs || error.isTooMuch || !error.isTransient { return nil }
                throw error
            default: throw error.with { Self.remedy(part, $0) }
            }
        }
    }
}

/// Builds that a list named and about which more has to be asked, the oldest first.
struct WaitingBuilds {
    static let key = "builds to read"
    private static let most = 300
    private(set) var builds: [JSONValue]

    private init(_ builds: [JSONValue]) { self.builds = builds }
    init(_ cursors: [String: Cursor]) { builds = cursors[Self.key]?.state["builds"]?.arrayValue ?? [] }

    /// Then they are read before the lists name more.
    var isTooMany: Bool { builds.count > Self.most }
    var next: (JSONValue, WaitingBuilds)? { builds.first.map { ($0, WaitingBuilds(Array(builds.dropFirst()))) } }
    var cursor: Cursor { Cursor(["builds": .array(builds)]) }
    mutating func append(_ build: JSONValue) { builds.append(build) }
}

/// The test reports in an archive that a build kept.
enum TestReportArchive {
    private static let mostReports = 2_000

    /// An item for each report, told by its name (`*.xml`, `*.trx`). `document` is the archive.
    static func items(_ bytes: [UInt8], of build: BuildFact, place: String, from document: DocumentOrigin) -> [Page.Item] {
        var items: [Page.Item] = []
        let refusal = ZipArchive.forEach(bytes, where: { $0.hasSuffix(".xml") || $0.hasSuffix(".trx") }) { entry in
            guard items.count < mostReports else { return }
            var reading = Reading()
            switch entry.content {
            case .failure(let refusal): reading.rejections = [Rejection(reason: refusal.reason)]
            case .success(let content):
                var document = document
                document.path = build.run(of: "\(document.path)/\(entry.name)")
                reading = content.withUnsafeBytes { JUnitReader.read($0, from: document, stack: StackTrace.parse) }
                reading.tests = build.complete(reading.tests)
            }
            items.append(Page.Item(place: "\(place)/\(entry.name)", content: .read(reading)))
        }
        if let refusal {
            var reading = Reading()
            reading.rejections = [Rejection(reason: refusal.reason)]
            items.append(Page.Item(place: place, content: .read(reading)))
        }
        return items
    }
}
