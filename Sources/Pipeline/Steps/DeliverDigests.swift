import Delivery
import Foundation
import Model
import Rendering
import Store
import Transport

/// Row 9: what changed for each audience since its last receipt → outbox → channel → receipt.
///
/// The digest enters the outbox in the same transaction that moves the audience's memory on, so a crash loses none and
/// repeats none. A failed delivery stays in the outbox and is tried again by later runs.
struct DeliverDigests {
    private let context: RunContext
    private var store: CaseStore { context.store }
    private var binding: ConfigurationBinding { ConfigurationBinding(context.configuration, workspace: context.workspace) }
    init(_ context: RunContext) { self.context = context }

    private static let maxEntries = 30
    /// Over runs, with pauses of 5 min doubling to a day: about two days.
    private static let maxAttempts = 10

    func run() async throws -> RunSummary.Delivered {
        var delivered = RunSummary.Delivered()
        if context.isDryRun { return delivered }
        let problems = binding.deliveryProblems()
        guard problems.isEmpty else { throw PipelineError.configuration(problems) }
        let templates = Templates(assets: { [assets = context.assets] in assets.bytes($0) })
        for declaration in context.configuration.deliveries { try enqueue(declaration, templates) }
        for item in try store.dueOutbox(now: context.now) {
            do {
                try store.markSending(item.id)
                try store.markSent(item.id, receipt: try await send(item), at: context.now)
                delivered.sent += 1
            } catch let error as DeliveryError {
                let delayMs = Int64(5 * .minuteMs) << min(8, Int64(item.attempts))
                let isDead = try store.markFailed(
                    item.id, error: "\(error)", remedy: "mend the channel; `caseboard dlq retry` has the next run send it", at: context.now,
                    nextAttemptAt: context.now + delayMs, maxAttempts: error.isTransient ? Self.maxAttempts : 1)
                if !isDead { delivered.waiting += 1 }
                delivered.failures.append("the digest for \(item.channel) was not delivered: \(error)")
            }
        }
        return delivered
    }

    private func enqueue(_ declaration: DeliveryDeclaration, _ templates: Templates) throws {
        let audience = declaration.audience
        let before = try store.digestState(audience: audience)
        let stamps = try store.caseStamps().filter {
            !$0.isDeleted && ($0.severity >= declaration.minimumSeverity || before[$0.key] != nil)
        }
        // Most runs end here, without reading a single investigation.
        guard stamps.contains(where: { before[$0.key].map { $0.status } != $0.status || before[$0.key]?.severity != $0.severity }) else {
            return
        }
        let told = Set(stamps.map(\.key))
        let current = try store.allInvestigations().filter { told.contains($0.key) }
        let entries = current.compactMap { entry(for: $0, before: before[$0.key]) }
        if entries.isEmpty { return }
        let order: [DigestEntry.News] = [.resolved, .worse, .reopened, .new, .flapping, .better]
        let sorted = entries.sorted {
            (order.firstIndex(of: $0.news) ?? 9, $0.investigation.severity.rank, $0.investigation.number)
                < (order.firstIndex(of: $1.news) ?? 9, $1.investigation.severity.rank, $1.investigation.number)
        }
        var remarks = try SourceHealthReading(context).sources().filter { $0.state == .stopped || $0.state == .failing }
            .map { "Source \($0.name) is \($0.state.rawValue): \($0.remark)." }
        if sorted.count > Self.maxEntries { remarks.append("\(sorted.count - Self.maxEntries) more changed; the board lists all.") }
        let open = current.filter { !$0.status.isEnded }.sorted { ($0.severity.rank, $0.number) < ($1.severity.rank, $1.number) }
        let digest = Digest(
            title: context.configuration.title, asOf: context.now, entries: Array(sorted.prefix(Self.maxEntries)), stillOpen: open,
            remarks: remarks,
            baseURL: context.configuration.baseURL)
        let mail = try DigestPage.mail(digest, templates: templates)
        try store.transaction {
            try store.enqueue(
                channel: audience, dedupKey: "\(audience):\(mail.id)",
                payload: OutgoingMail(mail: mail, to: declaration.to, date: context.now).stored, at: context.now)
            let states = current.map { ($0.key, DigestState(status: $0.status, severity: $0.severity, version: $0.version)) }
            try store.saveDigestState(Dictionary(states, uniquingKeysWith: { first, _ in first }), audience: audience, at: context.now)
        }
    }

    /// The difference between what the audience was told and what is so now; nil when there is no news.
    private func entry(for investigation: Investigation, before: DigestState?) -> DigestEntry? {
        guard let before else {
            return DigestEntry(news: investigation.status.isEnded ? .resolved : .new, investigation: investigation, difference: "")
        }
        if investigation.flapping && before.version != investigation.version && investigation.reopenCount >= 3
            && before.status != investigation.status
        {
            return DigestEntry(news: .flapping, investigation: investigation, difference: "reopened \(investigation.reopenCount) times")
        }
        if investigation.status.isEnded && !before.status.isEnded {
            return DigestEntry(news: .resolved, investigation: investigation, difference: "was \(before.status.words)")
        }
        if !investigation.status.isEnded && before.status.isEnded {
            return DigestEntry(news: .reopened, investigation: investigation, difference: "was \(before.status.words)")
        }
        if investigation.severity > before.severity {
            return DigestEntry(
                news: .worse, investigation: investigation,
                difference: "\(investigation.severity.rawValue), was \(before.severity.rawValue)")
        }
        if investigation.severity < before.severity {
            return DigestEntry(
                news: .better, investigation: investigation,
                difference: "\(investigation.severity.rawValue), was \(before.severity.rawValue)")
        }
        return nil
    }

    /// Returns the receipt in words.
    private func send(_ item: OutboxItem) async throws(DeliveryError) -> String {
        guard let message = OutgoingMail(stored: item.payload),
            let declaration = context.configuration.deliveries.first(where: { $0.audience == item.channel })
        else { throw .noRecipient }
        let channel = try binding.channel(declaration)
        return try await channel.deliver(message, through: ChannelAccess(smtp: NetworkTransport())).detail
    }
}

extension OutgoingMail {
    /// As the outbox keeps it: with the moment its Date header shows, so that a retry is the same mail.
    var stored: JSONValue {
        [
            "subject": .string(mail.subject), "text": .string(mail.text), "html": .string(mail.html), "id": .string(mail.id),
            "references": .strings(mail.references), "to": .strings(to), "date": .int(date.ms),
        ]
    }
    init?(stored: JSONValue) {
        guard let subject = stored["subject"]?.stringValue, let text = stored["text"]?.stringValue, let html = stored["html"]?.stringValue,
            let id = stored["id"]?.stringValue, let date = stored["date"]?.intValue
        else { return nil }
        let references = (stored["references"]?.arrayValue ?? []).compactMap(\.stringValue)
        self.init(
            mail: DigestMail(subject: subject, text: text, html: html, id: id, references: references),
            to: (stored["to"]?.arrayValue ?? []).compactMap(\.stringValue), date: Instant(ms: date))
    }
}
