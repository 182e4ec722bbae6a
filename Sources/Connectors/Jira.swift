import Formats
import Model
import Transport

/// Issues of Jira, Cloud or Data Center, in the order in which they were updated.
package struct JiraConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "jira", summary: "Issues of Jira, Cloud or Data Center, that a JQL query finds.",
        settings: HTTPSource.settings + [
            SettingDescriptor("jql", .text, usual: "all issues", "only issues that it finds, such as `project = SHOP`; without `ORDER BY`"),
            SettingDescriptor(
                "edition", .choice(["cloud", "data_center"]), usual: "`cloud` at `*.atlassian.net`, else `data_center`", "whose API it has"),
        ] + ListSweep.settings,
        sample: """
            kind: jira
            url: https://example.atlassian.net
            username: ops@example.org
            secret_file: jira-token
            jql: project = SHOP
            """)

    let http: HTTPSource
    private let jql: String?
    private let isCloud: Bool
    private let sweep: ListSweep
    private static let item = "issues"

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        jql = settings.text("jql")
        let words = (jql ?? "").lowercased().split(whereSeparator: \.isWhitespace)
        if zip(words, words.dropFirst()).contains(where: { $0 == "order" && $1 == "by" }) {
            throw .badSetting(setting: "jql", why: "it may not say `ORDER BY`; issues are read in the order in which they were updated")
        }
        let host = WebAddress(http.url)?.host ?? ""
        isCloud = settings.text("edition").map { $0 == "cloud" } ?? (host.hasSuffix(".atlassian.net") || host == "api.atlassian.com")
        sweep = ListSweep(.oldestFirst, settings)
    }

    private var api: String { isCloud ? "/rest/api/3" : "/rest/api/2" }

    /// JQL knows times in the zone of whoever asks, and to the minute; how long ago is the same in every zone.
    private func request(_ question: ListSweep.Question, now: Instant) -> HTTPRequest {
        let minutes = (now - question.since).floorDivided(by: .minuteMs) + 2
        let query = (jql.map { "(\($0)) AND " } ?? "") + "updated >= -\(minutes)m ORDER BY updated ASC"
        let page = question.page.map { [(isCloud ? "nextPageToken" : "startAt", $0)] } ?? []
        return http.get(
            api + (isCloud ? "/search/jql" : "/search"),
            [("jql", query), ("fields", JiraReader.fields.joined(separator: ",")), ("maxResults", "100")] + page)
    }

    private static func fault(_ response: HTTPResponse) -> String? {
        response.body.withUnsafeBytes { ForgeAnswer.fault($0, under: "issues") }
    }
    private func origin(_ access: SourceAccess) -> DocumentOrigin { http.origin(http.place, access) }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        let cursor = cursors[Self.item]
        guard let question = sweep.next(after: cursor, now: access.now) else { return nil }
        let response: HTTPResponse
        do throws(ConnectorError) {
            response = try await http.send(request(question, now: access.now), through: access, fault: Self.fault)
            if let refusal = Self.refusal(response) { throw refusal }
        } catch {
            throw error.with(remedy: remedy)
        }
        let list = response.body.withUnsafeBytes {
            JiraReader.issues($0, since: question.since, horizon: question.horizon, from: origin(access))
        }
        let next = response.body.withUnsafeBytes { JiraReader.nextPage($0) }
        var page = Page()
        page.items = [Page.Item(place: Self.item, content: .read(list.reading))]
        let answer = ListSweep.Answer(times: list.times, nextPage: next)
        page.cursorUpdates[Self.item] = sweep.cursor(after: question, answer, cursor, now: access.now)
        return page
    }

    /// To nobody Jira shows an empty list and no error. Whose token has run out is nobody, which only a header tells.
    private static func refusal(_ response: HTTPResponse) -> ConnectorError? {
        guard let reason = response.header("x-seraph-loginreason"), ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"].contains(reason)
        else { return nil }
        return .refused(
            place: WebAddress(response.url)?.shown ?? "", status: 401, words: "the log-in failed (\(reason))", remedy: "")
    }

    private func remedy(_ status: Int) -> String? {
        switch status {
        case 400: "check `jql` in Jira's own search"
        case 401:
            isCloud
                ? "`username` is the e-mail address of the account, the secret an API token of it"
                : "the secret is a personal access token, or with `username` a password"
        case 403, 404: "check `url` and `edition`, and what the account may see"
        default: nil
        }
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading { Reading() }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        let question = ListSweep.Question(since: access.now - .dayMs)
        return await http.probe(
            each: [
                // To nobody Jira shows an empty list and no error, so it is asked who we are.
                (http.get("\(api)/myself"), { response in "asked as \(JiraReader.name(ofAccount: response.body))" }),
                (
                    request(question, now: access.now),
                    { response in
                        let count = response.body.withUnsafeBytes {
                            JiraReader.issues($0, since: question.since, horizon: question.horizon, from: origin(access)).times.count
                        }
                        return "\(count) \(count == 1 ? "issue" : "issues") changed in the last day" + (count == 100 ? ", or more" : "")
                    }
                ),
            ], through: access, fault: HTTPSource.jsonFault, remedy: { remedy($1) })
    }
}
