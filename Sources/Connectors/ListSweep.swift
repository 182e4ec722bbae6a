import Formats
import Model

/// How far a list is read that a server gives page by page in the order of a time, such as when its items were updated.
///
/// A run sweeps over what is new, a page at a time, and remembers where it is, so that what was stored is not asked for again. The
/// next run begins where the newest item was, and `overlap` before it, because items come late; facts have identities, so none counts
/// twice. `since` moves by the times that the server gave, never by our clock: when nothing is new, the question is the same as
/// last time, and its tag is answered with 304.
struct ListSweep: Sendable {
    enum Order: Sendable {
        /// The server lists what is not older than `since`. A page ends where the next begins by time, not by number: what is updated
        /// meanwhile moves to the end, and nothing slips past between two pages.
        case oldestFirst
        /// The server lists from the newest on, and is read until items are older than `since`. What comes meanwhile only moves the rest back.
        case newestFirst
    }
    let order: Order
    /// False when the address of the list does not say `since`, so that its tag holds from run to run.
    let saysSince: Bool
    let lookbackMs: Int64
    let overlapMs: Int64

    static let settings: [SettingDescriptor] = [
        SettingDescriptor("lookback", .duration, usual: "24h", "how far back the first run reads"),
        SettingDescriptor("overlap", .duration, usual: "5min", "how late items may come"),
    ]

    init(_ order: Order, saysSince: Bool = true, _ settings: SourceSettings, leastOverlapMs: Int64 = 0) {
        self.order = order
        self.saysSince = saysSince
        lookbackMs = settings.number("lookback") ?? .dayMs
        overlapMs = max(settings.number("overlap") ?? 5 * .minuteMs, leastOverlapMs)
    }

    struct Question: Hashable, Sendable {
        /// To the second, as servers take it.
        var since: Instant
        /// Where the page is, in the words of the server; nil for the first.
        var page: String?
        /// Only when this is the same question as at the end of the last sweep.
        var tag: String?
        /// Where the first run began. What is older and only changed since is not new: an issue of last year with a word of today.
        var horizon: Instant
        fileprivate var isFirst = true

        init(since: Instant) { self.init(since: since, horizon: since, isFirst: true) }
        fileprivate init(since: Instant, horizon: Instant, page: String? = nil, tag: String? = nil, isFirst: Bool) {
            self.since = since
            self.horizon = horizon
            self.page = page
            self.tag = tag
            self.isFirst = isFirst
        }
    }

    /// What a page said, as far as it matters here.
    struct Answer: Sendable {
        /// Of all its items.
        var times: [Instant] = []
        var nextPage: String?
        var tag: String?
        var isUnchanged = false
    }

    /// Nil when this run has read the list to its end.
    func next(after cursor: Cursor?, now: Instant) -> Question? {
        guard let state = cursor?.state, let asked = state["asked"]?.intValue, let since = state["since"]?.intValue else {
            return Question(since: toSecond(now.ms - lookbackMs))
        }
        let horizon = Instant(ms: state["horizon"]?.intValue ?? since)
        let isUnderWay = state["until"] != nil
        if asked >= now.ms {
            return isUnderWay
                ? Question(since: Instant(ms: since), horizon: horizon, page: state["page"]?.stringValue, isFirst: false) : nil
        }
        // A sweep that was broken off begins again from where it was.
        if isUnderWay {
            return Question(since: toSecond(since - (order == .oldestFirst ? overlapMs : 0)), horizon: horizon, isFirst: true)
        }
        return Question(since: Instant(ms: since), horizon: horizon, tag: state["tag"]?.stringValue, isFirst: true)
    }

    /// Where to go on after the answer to `question`.
    func cursor(after question: Question, _ answer: Answer, _ cursor: Cursor?, now: Instant) -> Cursor {
        let since = question.since.ms
        let known = question.isFirst ? nil : cursor?.state
        // A time of tomorrow must not keep us from what comes today.
        let last = min(answer.times.max() ?? Instant(ms: 0), now).ms
        let newest = max(known?["newest"]?.intValue ?? 0, last)
        let began = known?["began"]?.intValue ?? since
        // The tag of a list that begins with its oldest says nothing of what comes behind its first page.
        var tag = question.isFirst ? answer.tag : order == .newestFirst ? known?["tag"]?.stringValue : nil
        if answer.isUnchanged { tag = question.tag }
        var next: [String: JSONValue?] = ["asked": .int(now.ms), "since": .int(since), "horizon": .int(question.horizon.ms)]
        var isUnderWay = false
        if let page = answer.nextPage, !answer.isUnchanged {
            switch order {
            case .oldestFirst:
                isUnderWay = true
                // A second less: what was updated in the same second may stand on the next page.
                let reached = toSecond(last - 1_000).ms
                if reached > since { next["since"] = .int(reached) } else { next["page"] = .string(page) }
            case .newestFirst:
                isUnderWay = (answer.times.min()?.ms ?? 0) >= since
                if isUnderWay { next["page"] = .string(page) }
            }
        }
        if isUnderWay {
            next["until"] = next["since"]
            next["newest"] = .int(newest)
            next["began"] = .int(began)
        } else {
            let from = max(began, toSecond(newest - overlapMs).ms)
            next["since"] = .int(from)
            if saysSince, from != began { tag = nil }
        }
        next["tag"] = tag.map { .string($0) }
        return Cursor(.compact(next))
    }

    private func toSecond(_ ms: Int64) -> Instant { Instant(ms: ms.floorDivided(by: 1_000) * 1_000) }
}
