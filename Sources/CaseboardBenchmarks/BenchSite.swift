import Assets
import Model
import Rendering

/// A case of about forty pieces of evidence, another one for each number.
struct BenchSite {
    let templates = Templates(assets: { EmbeddedAssets.bytes($0) })

    func file(_ number: Int, pieces: Int = 40, at: Instant? = nil) -> CaseFile {
        let start = at ?? Instant(ms: 1_773_000_000_000 + Int64(number) * 60_000)
        var items: [EvidenceItem] = []
        for index in 0..<pieces {
            let service = ["checkout", "payments", "shop-db", "cart"][index % 4]
            let event = Event(
                source: [.logs, .metrics, .traces, .alerts][index % 4],
                type: [.errorBurst, .metricAnomaly, .slowOperation, .alert][index % 4],
                subject: "\(number)-\(index)", at: start + Int64(index) * 7_000, severity: [.high, .medium, .critical, .low][index % 4],
                title: "Message \(index) of case \(number): connection refused after \(index * 13) ms", service: service,
                attributes: ["strength": 0.8, "count": .int(Int64(index * 3))])
            let terms = [
                Term(name: "time", value: 0.7, why: "\(index) s after the first failure"),
                Term(name: "topology", value: 0.5, why: "called by checkout"),
                Term(name: "entity", value: 0.4, why: "same host"),
            ]
            items.append(
                EvidenceItem(
                    evidence: Evidence(fingerprint: event.fingerprint, eventID: event.id, confidence: 0.8, terms: terms), event: event))
        }
        let hypothesis = Hypothesis(
            rank: 1, kind: .change, service: "checkout", name: "Deploy of checkout 4.\(number).0", score: 0.87,
            terms: [Term(name: "change", value: 0.6, why: "live 128 s before")], summary: "It was live 128 s before the first failure.")
        let investigation = Investigation(
            key: "case_\(number)", number: number, title: "Payments fail in case \(number)", verdict: "The deploy probably caused it.",
            severity: .critical,
            startedAt: start, lastSignalAt: start + 280_000, services: ["checkout", "payments", "shop-db", "cart"],
            impact: "31 % of checkouts failed.",
            hypotheses: [hypothesis])
        return CaseFile(investigation: investigation, items: items, from: start - 60_000, to: start + 340_000)
    }
}
