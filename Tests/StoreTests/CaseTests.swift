import Model
import TestKit
import Testing

@testable import Store

struct CaseTests {
    let store: CaseStore
    let events = (0..<6).map { sample("e\($0)", minute: $0 * 10) }
    init() throws {
        store = try .inMemory()
        try store.append(events)
    }

    /// An investigation with no field at its default.
    func full() -> Investigation {
        let terms = [Term(name: "time", value: 1, why: "now"), Term(name: "text", value: 0.125, why: "\0\"")]
        let print = events[0].fingerprint
        return Investigation(
            key: "case_full", number: 3, title: "t", description: "d", verdict: "v", status: .inProgress, severity: .critical,
            priority: .p2,
            startedAt: noon, detectedAt: noon + 1, acknowledgedAt: noon + 2, mitigatedAt: noon + 3, resolvedAt: noon + 4,
            lastSignalAt: noon + 5,
            services: ["a", "b"], components: ["c"], environment: "prod", tags: ["t"], impact: "i", rootCause: "r", remediation: "re",
            lessonsLearned: "l", assignedTo: "ann", createdBy: "bob",
            actionItems: [ActionItem(text: "do", owner: "ann", due: "2026-12-01", done: true), ActionItem(text: "x")],
            hypotheses: [
                Hypothesis(
                    rank: 1, kind: .change, service: "a", instance: "i", metric: "m", className: "C", change: print, sha: "abc", name: "n",
                    score: 0.9, terms: terms, summary: "because", evidence: [print]),
                Hypothesis(rank: 2, kind: .service, name: "n2", score: 1, terms: [], summary: ""),
            ],
            suspects: [
                SuspectChange(
                    rank: 1, change: print, sha: "abc", subject: "sub", author: "eve", committedAt: noon, liveAt: noon + 9, files: ["f"],
                    url: "https://x", score: 0.7, terms: terms, summary: "s")
            ], leftOut: [LeftOut(fingerprint: print, title: "t", score: 0.2, terms: terms, reason: "far")], flapping: true, reopenCount: 2,
            humanFields: ["title", "severity", "impact"])
    }

    @Test func `every field of an investigation comes back`() throws {
        try store.apply(
            [.open(CaseSnapshot(investigation: full(), evidence: [evidence(events[0])], isSettled: true), reasons: ["r"])], at: noon,
            author: "me")
        #expect(try store.snapshot(number: 3)?.investigation == full())
        #expect(try store.snapshot(key: "case_full")?.evidence == [evidence(events[0])])
        #expect(try store.allInvestigations() == [full()])
    }

    @Test func `every field of evidence comes back`() throws {
        let link = Evidence(
            fingerprint: events[1].fingerprint, eventID: events[1].id, confidence: 0.3, terms: [Term(name: "n", value: 0.1, why: "w")],
            phase: .firstFailure, stance: .contradicts, linkedBy: "ann", starred: true, inhibitedBy: events[0].fingerprint)
        try store.apply([.open(snapshot("a", number: 1, evidence: [link]), reasons: [])], at: noon, author: "me")
        #expect(try store.evidence(key: "case_a") == [link])
    }

    @Test func `applying the same again writes nothing`() throws {
        let first = snapshot("a", number: 1, evidence: [evidence(events[0]), evidence(events[1])])
        try store.apply([.open(first, reasons: ["opened"])], at: noon, author: "me")
        let before = try store.contents()
        try store.apply([.open(first, reasons: ["again"]), .update(first, reasons: ["again"])], at: .minutes(5), author: "me")
        #expect(try store.contents() == before)
    }

    @Test func `each change is a version with its words`() throws {
        try store.apply([.open(snapshot("a", number: 1), reasons: ["opened"])], at: noon, author: "me")
        try store.apply([.update(snapshot("a", number: 1, title: "worse"), reasons: ["title"])], at: .minutes(1), author: "you")
        try store.apply(
            [.update(snapshot("a", number: 1, title: "worse", evidence: [evidence(events[0])]), reasons: ["joined"])], at: .minutes(2),
            author: "me")
        #expect(try store.versions(number: 1).map(\.changes) == [["opened"], ["title"], ["joined"]])
        #expect(try store.versions(key: "case_a").map(\.author) == ["me", "you", "me"])
        #expect(try store.snapshot(number: 1)?.investigation.version == 3)
        #expect(try store.caseStamps().map(\.version) == [3])
        #expect(try store.integrityProblems() == [])
    }

    @Test func `numbers may be exchanged`() throws {
        try store.apply((1...4).map { .open(snapshot("c\($0)", number: $0), reasons: []) }, at: noon, author: "me")
        try store.apply((1...4).map { .update(snapshot("c\($0)", number: 5 - $0), reasons: ["renumbered"]) }, at: noon, author: "me")
        #expect(try (1...4).map { try store.snapshot(number: $0)?.investigation.key } == ["case_c4", "case_c3", "case_c2", "case_c1"])
    }

    @Test func `a number of one that is not part of the change is refused`() throws {
        try store.apply([.open(snapshot("a", number: 1), reasons: [])], at: noon, author: "me")
        let before = try store.contents()
        #expect(throws: StoreError.numberTaken(number: 1, by: "case_a")) {
            try store.apply(
                [.open(snapshot("b", number: 2), reasons: []), .open(snapshot("c", number: 1), reasons: [])], at: noon, author: "me")
        }
        #expect(try store.contents() == before)
    }

    @Test func `a merged one keeps its number until another needs it`() throws {
        try store.apply(
            [.open(snapshot("a", number: 1), reasons: []), .open(snapshot("b", number: 2, evidence: [evidence(events[0])]), reasons: [])],
            at: noon,
            author: "me")
        try store.apply([.merge(key: "case_b", into: "case_a", reasons: ["one problem"])], at: noon, author: "me")
        let merged = try #require(try store.snapshot(number: 2))
        #expect((merged.investigation.isDeleted, merged.investigation.mergedInto, merged.evidence) == (true, 1, []))
        #expect(try store.allInvestigations().map(\.number) == [1])
        try store.apply([.open(snapshot("c", number: 2), reasons: [])], at: noon, author: "me")
        #expect(try store.allInvestigations(includeDeleted: true).map(\.number) == [2, 1, 0])
        #expect(try store.snapshot(key: "case_b")?.investigation.mergedInto == 1)
        #expect(try store.integrityProblems() == [])
    }

    @Test func `a withdrawn one comes back when it is opened again`() throws {
        let first = snapshot("a", number: 1, evidence: [evidence(events[0])])
        try store.apply([.open(first, reasons: ["opened"])], at: noon, author: "me")
        try store.apply([.withdraw(key: "case_a", reasons: ["nothing left"])], at: noon, author: "me")
        #expect(try store.allInvestigations() == [])
        try store.apply([.open(first, reasons: ["back"])], at: noon, author: "me")
        #expect(try store.allInvestigations().map(\.version) == [3])
        #expect(try store.evidence(key: "case_a") == first.evidence)
        #expect(try store.versions(key: "case_a").map(\.changes) == [["opened"], ["nothing left"], ["back"]])
    }

    @Test func `an unknown investigation is named`() throws {
        #expect(throws: StoreError.unknownCase(key: "case_a")) {
            try store.apply([.update(snapshot("a", number: 1), reasons: [])], at: noon, author: "me")
        }
        #expect(throws: StoreError.unknownCase(key: "x")) { try store.apply([.withdraw(key: "x", reasons: [])], at: noon, author: "me") }
        #expect(throws: StoreError.unknownCase(key: "x")) {
            try store.addNote(Annotation(at: noon, author: "a", text: "t"), key: "x", at: noon)
        }
    }

    @Test func `numbers settle with time, and all smaller ones with them`() throws {
        try store.apply([.open(snapshot("a", number: 1), reasons: [])], at: .minutes(30), author: "me")
        try store.apply([.open(snapshot("b", number: 2), reasons: [])], at: .minutes(0), author: "me")
        try store.apply([.open(snapshot("c", number: 3), reasons: [])], at: .minutes(60), author: "me")
        #expect(try store.firstFreeNumber(settleMs: .hourMs, now: .minutes(59)) == 1)
        #expect(try store.firstFreeNumber(settleMs: .hourMs, now: .minutes(60)) == 3)
        #expect(try store.unsettledSnapshots(settleMs: .hourMs, now: .minutes(60)).map(\.investigation.number) == [3])
        #expect(
            try store.snapshots(touching: noon...(.minutes(600)), settleMs: .hourMs, now: .minutes(60)).map(\.isSettled) == [
                true, true, false,
            ])
    }

    @Test func `a person's touch settles a number`() throws {
        try store.apply((1...4).map { .open(snapshot("c\($0)", number: $0), reasons: []) }, at: noon, author: "me")
        #expect(try store.firstFreeNumber(settleMs: .dayMs, now: noon) == 1)
        try store.addNote(Annotation(at: noon, author: "ann", text: "seen"), key: "case_c1", at: noon)
        #expect(try store.firstFreeNumber(settleMs: .dayMs, now: noon) == 2)
        try store.save(HumanLink(fingerprint: events[0].fingerprint, caseKey: "case_c2", verdict: .unrelated, author: "ann"), at: noon)
        #expect(try store.firstFreeNumber(settleMs: .dayMs, now: noon) == 3)
        try store.apply(
            [.update(snapshot("c3", number: 3, evidence: [evidence(events[0], starred: true)]), reasons: [])], at: noon, author: "me")
        #expect(try store.firstFreeNumber(settleMs: .dayMs, now: noon) == 4)
    }

    @Test func `touching is by activity or by evidence`() throws {
        try store.apply(
            [
                .open(snapshot("a", number: 1, minute: 0), reasons: []),
                .open(snapshot("b", number: 2, minute: 200, evidence: [evidence(events[5])]), reasons: []),
            ],
            at: noon, author: "me")
        func touching(_ from: Int, _ to: Int) throws -> [Int] {
            try store.snapshots(touching: .minutes(from)...(.minutes(to)), settleMs: 0, now: noon).map(\.investigation.number)
        }
        #expect(try touching(5, 8) == [1])
        #expect(try touching(50, 55) == [2])
        #expect(try touching(11, 49) == [])
        #expect(try touching(-90, 500) == [1, 2])
    }

    @Test func `notes are kept once and in order`() throws {
        try store.apply([.open(snapshot("a", number: 1), reasons: [])], at: noon, author: "me")
        let notes = [
            Annotation(at: noon, author: "a", text: "first"), Annotation(at: .minutes(1), author: "b", text: "# second\n<script>"),
        ]
        #expect(try store.addNote(notes[1], key: "case_a", at: noon))
        #expect(try store.addNote(notes[0], key: "case_a", at: noon))
        #expect(try !store.addNote(notes[0], key: "case_a", at: noon))
        #expect(try store.notes(key: "case_a") == notes)
        #expect(try store.caseStamps().map(\.noteCount) == [2])
    }

    @Test func `a decision about a signal is kept and makes its time dirty`() throws {
        try store.clearDirtyRanges()
        let link = HumanLink(fingerprint: events[2].fingerprint, caseKey: "case_a", verdict: .linked, author: "ann")
        try store.save(link, at: noon)
        try store.save(link, at: .minutes(1))
        #expect(try store.humanLinks() == [link])
        #expect(try store.dirtyRanges() == [events[2].occurredAt...events[2].occurredAt])
        #expect(try store.auditEntries().map(\.action) == ["linked"])
    }
}

struct AuditTests {
    let store: CaseStore
    init() throws {
        store = try .inMemory()
        for number in 1...5 {
            try store.appendAudit(
                action: "a\(number)", subject: "s", detail: ["n": .double(1), "t": "\0\u{2028}"], at: noon, author: "ann")
        }
    }

    @Test func `an untouched chain is whole`() throws {
        #expect(try store.verifyAudit() == [])
        #expect(try store.auditEntries(after: 3).map(\.seq) == [4, 5])
        #expect(try store.auditEntries().first?.previousHash == AuditChain.origin)
        #expect(try CaseStore.inMemory().verifyAudit() == [])
    }

    @Test func `entries cannot be changed or removed by a statement`() throws {
        #expect(throws: StoreError.self) { try store.write { _ = try $0.run("UPDATE audit SET author = 'eve'") } }
        #expect(throws: StoreError.self) { try store.write { _ = try $0.run("DELETE FROM audit") } }
    }

    static let attacks: [(String, [AuditProblem])] = [
        ("UPDATE audit SET author = 'eve' WHERE seq = 3", [.edited(seq: 3)]),
        ("UPDATE audit SET at = at + 1 WHERE seq = 1", [.edited(seq: 1)]),
        ("UPDATE audit SET detail = '{}' WHERE seq = 5", [.edited(seq: 5)]),
        ("DELETE FROM audit WHERE seq = 2", [.broken(seq: 3)]),
        ("DELETE FROM audit WHERE seq = 1", [.broken(seq: 2)]),
        ("DELETE FROM audit WHERE seq > 3", [.cut(lastSeq: 3, expectedSeq: 5)]),
        ("DELETE FROM audit", [.cut(lastSeq: 0, expectedSeq: 5)]),
        ("UPDATE audit SET action = CASE seq WHEN 2 THEN 'a3' ELSE 'a2' END WHERE seq IN (2, 3)", [.edited(seq: 2), .edited(seq: 3)]),
        (
            "INSERT INTO audit SELECT seq + 1, at, author, action, subject, detail, hash, hash FROM audit WHERE seq = 5",
            [.edited(seq: 6), .cut(lastSeq: 6, expectedSeq: 5)]
        ),
    ]

    @Test(arguments: attacks.indices) func `an attack on the file is found`(index: Int) throws {
        let (sql, problems) = Self.attacks[index]
        try store.write { connection in
            try connection.run("DROP TRIGGER audit_is_never_edited")
            try connection.run("DROP TRIGGER audit_is_never_cut")
            try connection.run(sql)
        }
        #expect(try store.verifyAudit() == problems)
        #expect(try !store.integrityProblems().isEmpty)
    }
}
