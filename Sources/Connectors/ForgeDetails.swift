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
    associatedtype Part: RawRepresentable<String>
    var parts: [Part] { get }
    /// The cursors to forget with that of a part's list.
    static func cursors(beside part: Part) -> [String]
    /// What to do about a refusal of a part; nil for what HTTP itself says of it.
    static func remedy(_ part: Part, _ status: Int) -> String?
}

extension ForgeConnector {
    /// Items are read as they come: what is asked for next depends on them.
    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading { Reading() }

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
