import Model
import Rendering
import Store

/// What the pages of one publication share: stamps, which are cheap and read at once, and what is read when the first page needs it.
final class SiteInputs {
    /// One live investigation: enough to tell whether a page that shows it is out of date.
    struct Entry {
        var stamp: CaseStamp
        /// Changes with everything that a page may show of it.
        var state: String
    }
    let context: RunContext
    let templates: Templates
    let assetsDigest: String
    /// By number, newest first.
    let cases: [Entry]
    /// Day since the epoch → stamp.
    let dayStamps: [Int64: Int64]
    let serviceStamps: [String: Int64]
    var store: CaseStore { context.store }
    var title: String { context.configuration.title }
    /// The frame of a page published at a moment.
    func frame(_ asOf: Instant) -> SiteFrame { SiteFrame(title: title, asOf: asOf) }

    init(_ context: RunContext) throws {
        self.context = context
        let assets = context.assets
        templates = Templates(assets: { assets.bytes($0) })
        assetsDigest = assets.digest()
        let store = context.store
        let gaps = try store.sourceGaps()
        cases = try store.caseStamps().filter { !$0.isDeleted }.map { stamp in
            let touches = try store.pageTouches(key: stamp.key)
            let missing = CaseFileAssembly.gaps(gaps, near: stamp).map { " \($0.origin) \($0.from.ms) \($0.to.ms)" }.joined()
            return Entry(stamp: stamp, state: "\(stamp.key) \(stamp.number) \(stamp.version) \(stamp.noteCount) \(touches)\(missing)")
        }
        dayStamps = Dictionary(
            try store.stamps(.day).compactMap { day, changes in Int64(day).map { ($0, changes) } }, uniquingKeysWith: { first, _ in first })
        serviceStamps = try store.stamps(.service)
    }

    /// The digest of what a page is made from: the templates and styles, the site's title, and these.
    func digest(_ parts: [String]) -> String { Fingerprint([assetsDigest, title] + parts).text }

    // MARK: - Read once, when first needed

    /// All live investigations, which are large, and their places by key.
    private lazy var investigations: Result<(all: [Investigation], places: [String: Int]), any Error> = Result {
        let all = try store.allInvestigations()
        return (all, Dictionary(all.indices.lazy.map { (all[$0].key, $0) }, uniquingKeysWith: { first, _ in first }))
    }
    func investigation(_ key: String) throws -> Investigation? {
        let (all, places) = try investigations.get()
        return places[key].map { all[$0] }
    }
    /// Those that a list shows, newest number first: not merged into another.
    private lazy var shown: Result<[Investigation], any Error> = Result {
        let (all, places) = try investigations.get()
        return cases.compactMap { places[$0.stamp.key] }.filter { all[$0].mergedInto == nil }.map { all[$0] }
    }
    func listed() throws -> [Investigation] { try shown.get() }
    private(set) lazy var map: Result<ServiceMap, any Error> = Result { try context.serviceMap() }
    private(set) lazy var sources: Result<[SourceHealth], any Error> = Result { try SourceHealthReading(context).sources() }

    /// The worst open investigation of each service.
    private(set) lazy var openByService: Result<[String: Investigation], any Error> = Result {
        var worst: [String: Investigation] = [:]
        for it in try listed() where !it.status.isEnded {
            for service in it.services {
                let known = worst[service]
                if known.map({ ($0.severity.rank, -$0.number) > (it.severity.rank, -it.number) }) ?? true { worst[service] = it }
            }
        }
        return worst
    }

    /// Of each day at most this many events are looked at for the pages of services.
    private static let signalsOfDay = 20_000
    private var signalDays: [(day: Int64, byService: [String: [Event]])] = []

    /// The signals of a service in a span, by time. Days are read once for many services: most have their newest facts together.
    func signals(service: String, in range: ClosedRange<Instant>) throws -> [Event] {
        var out: [Event] = []
        for day in range.lowerBound.day...range.upperBound.day where dayStamps[day] != nil {
            if !signalDays.contains(where: { $0.day == day }) {
                let events = try store.strongestEvents(day: day, limit: Self.signalsOfDay).filter { $0.role == .signal }
                if signalDays.count == 4 { signalDays.removeFirst() }
                signalDays.append((day, Dictionary(grouping: events) { $0.service ?? "" }))
            }
            let known = signalDays.first { $0.day == day }?.byService[service] ?? []
            out += known.filter { range.contains($0.occurredAt) }
        }
        return out
    }
}
