import Model
import Testing

@testable import Correlation

/// One story told whole: a bad deploy that fills a database, an unrelated search trouble and an unrelated red test.
struct BadDeployTests {
    static let events = Shop.badDeploy + Shop.searchTrouble + [Shop.flakyTest]
    static let snapshots = Correlator.decide(Shop.window(events, now: Shop.at(200))).compactMap(\.snapshot)
    let outage = snapshots[0]
    let search = snapshots[1]

    func event(_ fingerprint: Fingerprint) -> Event? { Self.events.first { $0.fingerprint == fingerprint } }
    func evidence(_ event: Event) -> Evidence? { outage.evidence.first { $0.fingerprint == event.fingerprint } }

    @Test func `the outage, the search trouble and the red test are three investigations`() {
        #expect(Self.snapshots.map(\.investigation.number) == [1, 2, 3])
        #expect(Self.snapshots[2].evidence.contains { $0.fingerprint == Shop.flakyTest.fingerprint })
    }
    @Test func `the whole cascade and nothing else is evidence of the outage`() {
        let signals = Set(outage.evidence.compactMap { event($0.fingerprint) }.filter { $0.role == .signal }.map(\.fingerprint))
        #expect(signals == Set(Shop.cascade.map(\.fingerprint)))
    }
    @Test func `the deploy comes first among the causes and outranks its service`() {
        let top = outage.investigation.hypotheses[0]
        #expect(top.kind == .change)
        #expect(top.name == "Deploy of checkout 4.18.0")
        #expect(top.change == Shop.release.fingerprint)
        #expect(top.sha == Shop.guilty)
        #expect(top.score > 0.7)
    }
    @Test func `the guilty commit comes first among the suspects`() {
        let first = outage.investigation.suspects[0]
        #expect(first.sha == Shop.guilty)
        #expect(first.liveAt == Shop.release.occurredAt)
        #expect(first.score > 0.5)
    }
    @Test func `a commit that was not deployed is no suspect`() {
        #expect(!outage.investigation.suspects.contains { $0.subject.hasPrefix("Open another") })
    }
    @Test(
        arguments: [
            (
                "FATAL: remaining connection slots are reserved for non-replication superuser connections",
                "FATAL: remaining connection slots are reserved for…"
            ),
            (String(repeating: "x", count: 90), String(repeating: "x", count: 60) + "…"),
            ("disk is full", "disk is full"),
        ] as [(String, String)])
    func `a title shortens a long message after a word`(message: String, shown: String) {
        let signal = Signal(Shop.log("shop-db", message, Shop.at(5)), rules: CorrelationRules(), now: Shop.at(10))
        #expect(Verdict.symptom(of: signal) == shown)
    }

    @Test func `title, verdict and impact are plain sentences`() {
        let investigation = outage.investigation
        #expect(investigation.title == "payments: PoolTimeout after deploy of checkout 4.18.0")
        #expect(
            investigation.verdict
                == "The deploy of checkout 4.18.0 at 14:02 probably caused it: it carried 9f3c1ae (Open a session per cart line): 1 failing stack names pool.ts:88, which it touches; shares “session”, “pool” and “cart” with what failed; payments failed first at 14:04."
        )
        #expect(
            investigation.impact
                == "6 services were hit: shop-db, checkout and 4 more; worst at storefront: Error rate 9 %; usual 0 to 1 %.")
    }
    @Test func `the course is change, first failure, detection, mitigation, end`() {
        let investigation = outage.investigation
        #expect(investigation.startedAt == Shop.at(4, 12))
        #expect(investigation.detectedAt == Shop.at(6, 2))
        #expect(investigation.mitigatedAt == Shop.at(36, 20))
        #expect(investigation.resolvedAt == Shop.at(41))
        #expect(investigation.status == .resolved)
        #expect(investigation.severity == .critical)
        #expect(investigation.priority == .p0)
    }
    @Test(arguments: [
        (0, EvidencePhase.cause), (1, .cause), (2, .before), (3, .firstFailure), (7, .impact), (13, .impact),
    ])
    func `each signal has its phase`(index: Int, phase: EvidencePhase) {
        #expect(evidence(Shop.cascade[index])?.phase == phase)
    }
    @Test func `the rollback is recovery, the release is change, a near deploy of another service is neither`() {
        #expect(evidence(Shop.rollback)?.phase == .recovery)
        #expect(evidence(Shop.release)?.phase == .change)
        #expect((evidence(Shop.searchDeploy)?.confidence ?? 0) < 0.5)
    }
    @Test func `symptoms of callers are muted by the signal of the callee, and say so`() {
        let muted = evidence(Shop.cascade[13])
        #expect(muted?.inhibitedBy == Shop.cascade[0].fingerprint)
        #expect(muted?.terms.last?.why == "muted: shop-db has been struck since 14:02:40, and storefront calls it")
        #expect(evidence(Shop.cascade[1])?.inhibitedBy == nil)
        #expect(evidence(Shop.cascade[3])?.inhibitedBy == nil, "a new exception with a stack of its own code is not a symptom")
    }
    @Test func `few of the thirty commits become evidence`() {
        let commits = outage.evidence.compactMap { event($0.fingerprint) }.filter { $0.type == .commit }
        #expect(commits.contains { $0.commit == Shop.guilty })
        #expect(commits.count <= CaseEvidence.mostSuspects)
    }
    @Test func `the saturated index is named where nothing changed it`() {
        let top = search.investigation.hypotheses[0]
        #expect(top.kind == .service)
        #expect(top.service == "search-index")
        #expect(search.investigation.verdict.contains("probably"))
    }
    @Test func `every struck service stands in the ranking`() {
        let ranked = Set(outage.investigation.hypotheses.compactMap(\.service))
        #expect(ranked.isSuperset(of: outage.investigation.services))
    }
    @Test func `terms of a link give its confidence by noisy-or`() {
        for snapshot in Self.snapshots {
            for item in snapshot.evidence {
                #expect(abs(item.confidence - Scores.stored(Scores.noisyOr(item.terms.map(\.value)))) < 1e-9)
            }
        }
    }
    @Test func `what was weighed and left out is listed with its reason`() {
        let left = search.investigation.leftOut.first { $0.title.hasPrefix("Error rate") }
        #expect(left?.reason == "in another investigation: too few of its signals have a link here")
    }
}
