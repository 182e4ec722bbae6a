import Formats
import Model
import Transport

/// Deployments of a repository on GitHub: the list names them, and each is asked about until it is known what became of it.
extension GitHubConnector {
    /// The cursor of those under way and of what is live where, beside that of the list.
    static let deploymentsKey = "deployments under way"
    private static let mostUnderWay = 2_000
    private static let mostEnvironments = 500

    /// What a page of the list names; what becomes of it is asked later.
    func takeDeployments(
        _ response: HTTPResponse, _ question: ListSweep.Question, _ answer: inout ListSweep.Answer, _ cursors: [String: Cursor],
        _ page: inout Page
    ) {
        let (deployments, times) = response.body.withUnsafeBytes { GitHubReader.deployments($0) }
        answer.times = times
        let state = cursors[Self.deploymentsKey]?.state
        var seen = SeenItems(cursors[Part.deployments.rawValue]?.state["seen"], from: question.since.ms)
        var open = state?["open"]?.arrayValue ?? []
        // What was live before the first run is read too: then the first deployment of an environment is known to replace it.
        let isFirstSweep = cursors[Part.deployments.rawValue] == nil
        var before: Set<String> = []
        for deployment in deployments {
            let isBefore = deployment.createdAt < question.since
            if isBefore {
                guard isFirstSweep, !deployment.isTransient, before.insert(deployment.environment).inserted else { continue }
            }
            if seen.isNew(String(deployment.id), at: max(deployment.createdAt, question.since).ms) { open.append(deployment.json) }
        }
        open.sort { Self.age($0) < Self.age($1) }
        if open.count > Self.mostUnderWay {
            page.deadLetters.append(
                DeadLetter(
                    origin: http.settings.name, place: "deployments since \(question.since.rfc3339)",
                    reason: "the newest \(Self.mostUnderWay) of \(open.count) deployments are read, the older ones are not",
                    remedy: "give a shorter `lookback`"))
        }
        seen.forget(before: question.since.ms)
        page.cursorUpdates[Part.deployments.rawValue] = Cursor(["seen": seen.state])
        page.cursorUpdates[Self.deploymentsKey] = Cursor(
            ["open": .array(Array(open.suffix(Self.mostUnderWay))), "live": state?["live"] ?? [:]])
    }
    private static func age(_ open: JSONValue) -> (String, Int64) { (open["created_at"]?.stringValue ?? "", open["id"]?.intValue ?? 0) }

    /// What became of one deployment, the oldest first, so that each knows what it replaced.
    func deployment(_ cursors: [String: Cursor], _ access: SourceAccess) async throws(ConnectorError) -> Page? {
        let state = cursors[Self.deploymentsKey]?.state
        var open = state?["open"]?.arrayValue ?? []
        guard let at = open.firstIndex(where: { isDue($0, access.now) }) else { return nil }
        var live = state?["live"] ?? [:]
        var page = Page()
        let json = open.remove(at: at)
        if let deployment = GitHubReader.Deployment(json) {
            let outcome: GitHubReader.Outcome
            do throws(ConnectorError) {
                let response = try await http.send(
                    get("/deployments/\(deployment.id)/statuses", [("per_page", "100")]), through: access, fault: Self.fault(nil))
                outcome = response.body.withUnsafeBytes { GitHubReader.outcome($0) }
            } catch {
                guard case .refused(_, 404, _, _) = error else { throw error.with { Self.remedy(.deployments, $0) } }
                page.cursorUpdates[Self.deploymentsKey] = Cursor(["open": .array(open), "live": live])
                return page
            }
            if outcome.state == .underWay, access.now - deployment.createdAt < 30 * .dayMs {
                var json = json
                json["checked"] = .int(access.now.ms)
                open.insert(json, at: min(at, open.count))
            } else {
                let previous = live[deployment.environment]?.stringValue
                let event = GitHubReader.event(
                    deployment, outcome, previous: previous == deployment.commit ? nil : previous, from: origin(access))
                var reading = Reading()
                reading.events = [event].compactMap { $0 }
                page.items = [Page.Item(place: "deployments, \(deployment.id)", content: .read(reading))]
                if outcome.state == .live, !deployment.isTransient, let commit = deployment.commit,
                    (live.objectValue?.count ?? 0) < Self.mostEnvironments || live[deployment.environment] != nil
                {
                    live[deployment.environment] = .string(commit)
                }
            }
        }
        page.cursorUpdates[Self.deploymentsKey] = Cursor(["open": .array(open), "live": live])
        return page
    }

    /// What takes long is asked for less and less often: a tenth of its age goes by between two questions.
    private func isDue(_ open: JSONValue, _ now: Instant) -> Bool {
        guard let checked = open["checked"]?.intValue else { return true }
        guard checked < now.ms, let created = Instant(rfc3339: open["created_at"]?.stringValue ?? "") else { return false }
        return (now.ms - checked) >= (now - created) / 10
    }
}
