import Model

/// One literal story for every renderer's tests: a deploy of `checkout` uses up the database's connections, `payments`
/// fails, a rollback ends it.
enum CaseFixture {
    static let day = Instant.civil(year: 2026, month: 3, day: 17)
    /// `at(14, 4, 12)` is 14:04:12 of the day of the story.
    static func at(_ hour: Int, _ minute: Int, _ second: Int = 0) -> Instant {
        day + Int64(hour * 3_600 + minute * 60 + second) * 1_000
    }
    static let asOf = at(15, 10)

    static let commit = Event(
        source: .git, type: .commit, subject: "4f1c9ae", at: at(13, 41, 7), title: "Open one session per cart line",
        body: "Open one session per cart line\n\nKeeps lines of a cart apart.", service: "checkout",
        attributes: [
            EventAttribute.author: "Ola Berg",
            EventAttribute.files: [["checkout/src/CartSession.java", 48, 9], ["checkout/src/Pool.java", 2, 2]],
        ], origin: "repository", sourceID: "4f1c9aed20c5b1a7e6", commit: "4f1c9aed20c5b1a7e6")
    static let deployment = Event(
        source: .deploys, type: .deployment, subject: "checkout 4.18.0", at: at(14, 1, 40), title: "checkout 4.18.0 live",
        service: "checkout", environment: "production", attributes: [EventAttribute.version: "4.18.0"], origin: "inbox",
        commit: "4f1c9aed20c5b1a7e6")
    static let pool = Event(
        source: .metrics, type: .metricAnomaly, subject: "shop-db connections", at: at(14, 3, 50), severity: .high,
        title: "shop-db: connections 100, usual 22 to 38", service: "shop-db",
        attributes: [
            EventAttribute.strength: 0.97, EventAttribute.metric: "connections", EventAttribute.peak: 100,
            EventAttribute.usualLow: 22, EventAttribute.usualHigh: 38, EventAttribute.direction: "up",
            EventAttribute.reason: "21 σ above its usual range from 14:03:50", EventAttribute.endedAt: .int(at(14, 40, 50).ms),
        ], origin: "metrics")
    static let firstError = Event(
        source: .logs, type: .newLogTemplate, subject: "payments refused", at: at(14, 4, 2), severity: .high,
        title: "payments: connection to <*> refused: too many clients", service: "payments",
        attributes: [
            EventAttribute.strength: 0.9, EventAttribute.count: 1_209,
            EventAttribute.template: "connection to <*> refused: too many clients",
            EventAttribute.exemplar: "2026-03-17T14:04:02Z ERROR payments connection to shop-db:5432 refused: too many clients",
            EventAttribute.exemplarPosition: "payments.log:88213", EventAttribute.exception: "org.postgresql.util.PSQLException",
        ], origin: "logs")
    static let slow = Event(
        source: .traces, type: .slowOperation, subject: "POST /pay", at: at(14, 5, 10), severity: .medium,
        title: "payments POST /pay: 8.2 s, usual 0.3 s", service: "payments",
        attributes: [EventAttribute.strength: 0.8, EventAttribute.operation: "POST /pay"], origin: "traces",
        traceID: "0af7651916cd43dd8448eb211c80319c")
    static let alert = Event(
        source: .alerts, type: .alert, subject: "PaymentErrors", at: at(14, 5, 52), severity: .critical,
        title: "PaymentErrors: 31 % of payments fail", service: "payments", environment: "production", origin: "alertmanager",
        sourceID: "a91f", url: "https://alerts.example/PaymentErrors")
    static let rollback = Event(
        source: .deploys, type: .deployment, subject: "checkout 4.17.2", at: at(14, 40, 41), title: "checkout 4.17.2 live (rollback)",
        service: "checkout", environment: "production", attributes: [EventAttribute.version: "4.17.2"], origin: "inbox")

    static func evidence(
        _ event: Event, _ confidence: Double, _ phase: EvidencePhase, _ why: String, starred: Bool = false,
        exemplar: LogExemplar? = nil, track: MetricTrack? = nil, spans: [Span] = []
    ) -> EvidenceItem {
        EvidenceItem(
            evidence: Evidence(
                fingerprint: event.fingerprint, eventID: event.id, confidence: confidence,
                terms: [
                    Term(name: "time", value: confidence, why: why),
                    Term(name: "topology", value: 0.6, why: "\(event.service ?? "it") is one call from shop-db"),
                ], phase: phase, starred: starred),
            event: event, exemplar: exemplar, track: track, spans: spans)
    }

    static var track: MetricTrack {
        let values: [Double] = [24, 27, 25, 30, 29, 31, 26, 28, 33, 62, 100, 100, 100, 99, 100, 100, 61, 30, 27]
        return MetricTrack(
            key: MetricKey(service: "shop-db", metric: "connections"), kind: .gauge, unit: "",
            points: values.enumerated().map { MetricPoint(timeMs: (at(13, 45) + Int64($0) * 180_000).ms, value: $1) })
    }

    static var investigation: Investigation {
        var made = Investigation(
            key: "case_0001", number: 42, title: "Payments fail: database connections used up",
            description: "Payments answered with errors while every connection of shop-db was taken.",
            verdict: "Payments failed for 37 minutes; the deploy of checkout 4.18.0 probably caused it, its rollback ended it.",
            status: .resolved, severity: .critical, startedAt: at(14, 3, 50), detectedAt: at(14, 5, 52), acknowledgedAt: at(14, 9, 20),
            mitigatedAt: at(14, 40, 41), resolvedAt: at(14, 41, 30), lastSignalAt: at(14, 40, 50),
            services: ["checkout", "payments", "shop-db"], environment: "production",
            impact: "31 % of checkouts failed; about 1 040 orders were not placed.", assignedTo: "Mara Lindqvist")
        made.hypotheses = [
            Hypothesis(
                rank: 1, kind: .change, service: "checkout", change: deployment.fingerprint, sha: "4f1c9aed20c5b1a7e6",
                name: "Deploy of checkout 4.18.0", score: 0.87,
                terms: [
                    Term(name: "precedence", value: 0.95, why: "it went live 2 m 10 s before the first signal"),
                    Term(name: "topology", value: 0.8, why: "checkout calls shop-db directly"),
                    Term(name: "change", value: 0.7, why: "CartSession.java opens sessions"),
                ],
                summary: "checkout 4.18.0 went live 2 m 10 s before shop-db ran out of connections.",
                evidence: [deployment.fingerprint, pool.fingerprint]),
            Hypothesis(
                rank: 2, kind: .service, service: "shop-db", name: "shop-db itself", score: 0.41,
                terms: [Term(name: "deviation", value: 0.97, why: "connections 21 σ above their usual range")],
                summary: "shop-db deviates most, but nothing in it changed.", evidence: [pool.fingerprint]),
        ]
        made.suspects = [
            SuspectChange(
                rank: 1, change: commit.fingerprint, sha: "4f1c9aed20c5b1a7e6", subject: "Open one session per cart line",
                author: "Ola Berg", committedAt: at(13, 41, 7), liveAt: at(14, 1, 40),
                files: ["checkout/src/CartSession.java", "checkout/src/Pool.java"], url: "https://git.example/4f1c9ae", score: 0.83,
                terms: [Term(name: "service", value: 0.9, why: "it touches checkout")],
                summary: "It changes how checkout opens sessions.")
        ]
        made.actionItems = [
            ActionItem(text: "Give payments its own connection pool", owner: "Mara Lindqvist", due: "2026-04-03"),
            ActionItem(text: "Run PoolBudgetTest before the deploy", owner: "Ola Berg", done: true),
        ]
        made.leftOut = [
            LeftOut(
                fingerprint: Fingerprint("left"), title: "search: p95 latency 0.8 s", score: 0.21,
                terms: [Term(name: "time", value: 0.2, why: "38 minutes earlier")], reason: "no call joins search and shop-db")
        ]
        return made
    }

    static var outage: CaseFile {
        CaseFile(
            investigation: investigation,
            items: [
                evidence(commit, 0.83, .before, "committed 22 minutes before the first signal"),
                evidence(deployment, 0.87, .change, "live 2 m 10 s before the first signal", starred: true),
                evidence(pool, 0.95, .cause, "the first signal of the case", track: track),
                evidence(
                    firstError, 0.9, .firstFailure, "12 s after shop-db ran out",
                    exemplar: LogExemplar(
                        service: "payments", leaf: 7, level: .error, at: at(14, 4, 2), path: "payments.log", offset: 9_120_441,
                        line: 88_213,
                        text: "2026-03-17T14:04:02Z ERROR payments connection to shop-db:5432 refused: too many clients",
                        before: ["2026-03-17T14:04:01Z INFO payments POST /pay 200 0.31"],
                        after: ["2026-03-17T14:04:02Z WARN payments retrying in 1 s"])),
                evidence(
                    slow, 0.8, .impact, "in the minutes of the case",
                    spans: [
                        Span(
                            traceID: "0af7651916cd43dd8448eb211c80319c", spanID: "00f067aa0ba902b7", service: "payments",
                            operation: "POST /pay",
                            kind: .server, start: at(14, 5, 10), durationUs: 8_200_000, isError: true, statusText: "503")
                    ]),
                evidence(alert, 0.99, .impact, "payments is affected", starred: true),
                evidence(rollback, 0.7, .recovery, "the signals end 9 s later"),
            ],
            tracks: [track],
            logRates: [
                LogRate(
                    service: "payments", minutes: (0..<40).map { at(14, 0).minute + $0 }, errors: (0..<40).map { $0 < 4 ? 0 : 31 },
                    all: (0..<40).map { $0 < 4 ? 80 : 110 })
            ],
            otherChanges: [
                Event(
                    source: .git, type: .commit, subject: "b20e", at: at(13, 20), title: "Correct a word on the help page", service: "web",
                    origin: "repository")
            ],
            map: ServiceMap(edges: [
                ("web", "checkout", 900), ("checkout", "payments", 400), ("checkout", "shop-db", 2_100), ("payments", "shop-db", 800),
            ]),
            notes: [
                Annotation(
                    at: at(14, 12), author: "Mara Lindqvist",
                    text: "Pool of shop-db is **full**; rolling checkout back.\n\n- told support\n- [runbook](https://wiki.example/pool)")
            ],
            versions: [CaseVersion(version: 1, at: at(14, 20), author: "caseboard", changes: ["opened from 6 signals"])],
            gaps: [SourceGap(origin: "metrics", source: .metrics, service: "shop-db", from: at(14, 10), to: at(14, 16))],
            similar: CanvasFixture.similar, related: CanvasFixture.related, from: at(13, 30), to: at(15, 0))
    }

    /// An investigation about which nothing is known yet.
    static var bare: CaseFile {
        CaseFile(
            investigation: Investigation(
                key: "case_0002", number: 7, title: "search: errors", severity: .low, startedAt: at(9, 0), lastSignalAt: at(9, 5)),
            items: [], from: at(8, 0), to: at(10, 0))
    }

    /// The outage with `text` in the place of every text that can come from outside.
    static func hostile(_ text: String) -> CaseFile {
        var file = outage
        file.items = file.items.map { item in
            var item = item
            item.event.title = text
            item.event.body = text
            item.event.service = text
            item.event.origin = text
            item.event.url = text
            item.event.host = text
            item.event.tags = [text]
            item.event.attributes = [EventAttribute.exemplar: .string(text), EventAttribute.reason: .string(text), text: .string(text)]
            item.evidence.terms = item.evidence.terms.map { Term(name: $0.name, value: $0.value, why: text) }
            item.evidence.linkedBy = text
            item.exemplar = item.exemplar.map {
                var exemplar = $0
                exemplar.text = text
                exemplar.before = [text]
                exemplar.path = text
                return exemplar
            }
            item.spans = item.spans.map {
                var span = $0
                span.operation = text
                span.service = text
                span.statusText = text
                return span
            }
            return item
        }
        file.notes = file.notes.map { Annotation(at: $0.at, author: text, text: text) }
        file.versions = [CaseVersion(version: 1, at: at(14, 20), author: text, changes: [text])]
        file.gaps = [SourceGap(origin: text, source: .metrics, service: text, from: at(14, 10), to: at(14, 16))]
        file.otherChanges = file.otherChanges.map {
            var event = $0
            event.title = text
            event.service = text
            return event
        }
        file.map = ServiceMap(edges: [(text, "shop-db", 1)])
        file.tracks = [MetricTrack(key: MetricKey(service: text, instance: text, metric: text), unit: text, points: track.points)]
        file.logRates = file.logRates.map { LogRate(service: text, minutes: $0.minutes, errors: $0.errors, all: $0.all) }
        var it = file.investigation
        (it.title, it.description, it.verdict, it.impact) = (text, text, text, text)
        (it.rootCause, it.remediation, it.lessonsLearned, it.assignedTo, it.environment) = (text, text, text, text, text)
        (it.services, it.components, it.tags, it.createdBy) = ([text], [text], [text], text)
        it.actionItems = [ActionItem(text: text, owner: text, due: text)]
        it.hypotheses = it.hypotheses.map {
            var hypothesis = $0
            (hypothesis.name, hypothesis.summary, hypothesis.service, hypothesis.sha) = (text, text, text, text)
            (hypothesis.instance, hypothesis.metric, hypothesis.className) = (text, text, text)
            hypothesis.terms = [Term(name: text, value: 0.5, why: text)]
            return hypothesis
        }
        it.suspects = it.suspects.map {
            var suspect = $0
            (suspect.sha, suspect.subject, suspect.author, suspect.summary, suspect.url) = (text, text, text, text, text)
            suspect.files = [text]
            suspect.terms = [Term(name: text, value: 0.5, why: text)]
            return suspect
        }
        it.leftOut = [LeftOut(fingerprint: Fingerprint("left"), title: text, score: 0.2, terms: [], reason: text)]
        let other = CaseMention(number: 3, title: text, status: .closed, severity: .low, startedAt: it.startedAt)
        file.similar = [SimilarCase(mention: other, score: 0.4, terms: [], summary: text, ending: text)]
        file.related = [RelatedCase(mention: other, reason: text)]
        file.investigation = it
        return file
    }

    /// Text that other tools have taken for markup, script, addresses or commands.
    static let hostileTexts = [
        "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>",
        "' onmouseover='alert(1)", "javascript:alert(1)", "[x](javascript:alert(1))", "![x](data:text/html;base64,PHNjcmlwdD4=)",
        "<!-- --><!--><script>", "]]><script>", "{{{html}}} {{#a}}", "| a | b |\n|---|---|\n| <b>x</b> |", "\u{202E}gpj.exe\u{2066}",
        "\u{1B}[31mred\u{1B}[0m\u{7}", "# Heading\n\n> quote\n\n```\ncode\n```\n- item", "&lt;script&gt; &#60;b&#62; &colon;",
        "<a href=\"JaVaScRiPt:alert(1)\">", "//evil.example/x", "data:text/html,<b>", "http://ok.example/?a=1&b=\"2\"><b>",
        "a\u{2028}b\u{2029}c", "`code` **bold** _em_ ~~del~~ www.example.com a@b.example", "line one\r\nBcc: x@y.example", "\u{0}\u{FFFF}",
    ]
}

extension CaseFixture {
    /// One resolved, one worse, one new; two still open.
    static var digest: Digest {
        var export = Investigation(
            key: "case_0003", number: 41, title: "Nightly stock export fails since the schema change",
            verdict: "The stock export fails, probably since migration 0147_stock_unit at 02:58.", severity: .medium, startedAt: at(3, 10),
            lastSignalAt: at(14, 0), services: ["stock"])
        export.hypotheses = [
            Hypothesis(
                rank: 1, kind: .change, service: "stock", name: "Migration 0147", score: 0.74, terms: [], summary: "It went live at 02:58.")
        ]
        let builds = Investigation(
            key: "case_0004", number: 43, title: "Builds wait for runners", severity: .low, startedAt: at(14, 31), lastSignalAt: at(14, 40),
            services: ["ci"])
        let flaky = Investigation(
            key: "case_0005", number: 40, title: "CartSessionTest fails now and then", severity: .low, startedAt: at(10, 0) - 2 * .dayMs,
            lastSignalAt: at(9, 0), assignedTo: "Ola Berg")
        return Digest(
            title: "shop, production", asOf: at(14, 45),
            entries: [
                DigestEntry(news: .new, investigation: builds, difference: ""),
                DigestEntry(news: .resolved, investigation: investigation, difference: ""),
                DigestEntry(news: .worse, investigation: export, difference: "severity medium, was low"),
            ], stillOpen: [flaky, builds, export], remarks: ["One source is silent: tickets since 12:40"], baseURL: "https://cases.example/"
        )
    }
}
