/// The tables and views of the published database. Names and meanings are part of its contract: they are only ever added to.
enum PublishedSchema {
    private static let shown = """
        (SELECT * FROM store.investigation WHERE is_deleted = 0 AND number IS NOT NULL ORDER BY number DESC
          LIMIT \(PublishedDatabase.maxInvestigations)) AS it
        """
    /// What a text of the document says.
    private static func said(_ name: String) -> String { "coalesce(document ->> '$.\(name)', '')" }

    static let tables: [PublishedTable] = [
        PublishedTable(
            name: "investigations", words: "One row an investigation.",
            columns: [
                .number("number", "number", "Its number, as in the address of its page."),
                .text("title", "title", "What happened, in one line."),
                .text("status", "status", "open, in_progress, mitigated, resolved or closed."),
                .text("severity", "severity", "critical, high, medium, low or info."), .text("priority", "priority", "p0 to p3."),
                .text("environment", "environment", "Where it happened."),
                .text("assigned_to", "assigned_to", "Who looks after it."), .text("created_by", "created_by", "caseboard, or a person."),
                .time("started_at", "started_at", "When the first signal began."),
                .time("detected_at", "detected_at", "When it was noticed."),
                .time("acknowledged_at", "acknowledged_at", "When a person took it."),
                .time("mitigated_at", "mitigated_at", "When it no longer hurt."), .time("resolved_at", "resolved_at", "When it was over."),
                .time("last_signal_at", "last_signal_at", "The last moment any of its signals was active."),
                .text("verdict", said("verdict"), "What, since when, probably why."),
                .text("impact", said("impact"), "Who was hurt, and how."),
                .text("root_cause", said("root_cause"), "As people wrote it."),
                .text("remediation", said("remediation"), "As people wrote it."),
                .text("lessons_learned", said("lessons_learned"), "As people wrote it."),
                .number("version", "version", "How often it changed."),
            ], key: "PRIMARY KEY (number)", rows: "\(shown) ORDER BY number",
            indexes: ["status", "severity", "started_at"]),
        PublishedTable(
            name: "investigation_services", words: "The services each investigation touches.",
            columns: [
                .number("number", "number", "The investigation."), .text("service", "value", "The name of the service."),
            ], key: "PRIMARY KEY (number, service)",
            rows: "\(shown) JOIN store.case_facet ON case_key = key AND kind = 'service' ORDER BY number, value", indexes: ["service"]),
        PublishedTable(
            name: "causes", words: "The ranked candidate causes of each investigation.",
            columns: [
                .number("number", "number", "The investigation."), .number("rank", "cause.value ->> '$.rank'", "1 is the likeliest."),
                .text("kind", "cause.value ->> '$.kind'", "service, instance, metric, change, dependency or code."),
                .text("service", "cause.value ->> '$.service'", "Where it lies."),
                .text("name", "coalesce(cause.value ->> '$.name', '')", "A short name."),
                .real("score", "CAST(coalesce(cause.value ->> '$.score', 0) AS REAL)", "0 to 1."),
                .text("summary", "coalesce(cause.value ->> '$.summary', '')", "One readable sentence."),
            ], rows: "\(shown), json_each(it.document, '$.hypotheses') AS cause ORDER BY number, cause.key", indexes: ["number", "service"]),
        PublishedTable(
            name: "suspect_changes", words: "The commits that may have broken it, ranked, among those that were live.",
            columns: [
                .number("number", "number", "The investigation."), .number("rank", "suspect.value ->> '$.rank'", "1 is the likeliest."),
                .text("sha", "coalesce(suspect.value ->> '$.sha', '')", "The commit."),
                .text("subject", "coalesce(suspect.value ->> '$.subject', '')", "The first line of its message."),
                .text("author", "coalesce(suspect.value ->> '$.author', '')", "Who wrote it."),
                .time("committed_at", "(suspect.value ->> '$.committed_at')", "When it was made."),
                .time("live_at", "(suspect.value ->> '$.live_at')", "When it went live."),
                .real("score", "CAST(coalesce(suspect.value ->> '$.score', 0) AS REAL)", "0 to 1."),
                .text("summary", "coalesce(suspect.value ->> '$.summary', '')", "One readable sentence."),
                .text("url", "suspect.value ->> '$.url'", "Where it can be looked at."),
            ], rows: "\(shown), json_each(it.document, '$.suspects') AS suspect ORDER BY number, suspect.key", indexes: ["number", "sha"]),
        PublishedTable(
            name: "evidence", words: "Which event belongs to which investigation, and how surely.",
            columns: [
                .number("number", "number", "The investigation."), .text("fingerprint", "fingerprint", "The event, in `events`."),
                .real("confidence", "confidence", "0 to 1."),
                .text("phase", "phase", "before, change, cause, first_failure, impact or recovery."),
                .text("stance", "stance", "supports or contradicts."), .text("linked_by", "linked_by", "A rule or a person."),
                .number("starred", "starred", "1 when a person marked it."),
                .text("inhibited_by", "inhibited_by", "The event whose consequence it is."),
            ], key: "PRIMARY KEY (number, fingerprint)",
            rows: """
                (SELECT number, evidence.* FROM \(shown) JOIN store.evidence ON case_key = key
                  ORDER BY number DESC, fingerprint LIMIT \(PublishedDatabase.maxEvidence)) ORDER BY number, fingerprint
                """, indexes: ["fingerprint"]),
        PublishedTable(
            name: "events", words: "The events that are evidence of an investigation.",
            columns: [
                .text("fingerprint", "fingerprint", "The identity of the fact."), .text("id", "id", "The identity of its content."),
                .time("occurred_at", "occurred_at", "When it happened."),
                .text("source", "source", "git, ci, logs, metrics, traces, alerts, deploys, feeds, tickets or manual."),
                .text("type", "type", "What kind of fact it is."), .text("role", "role", "signal, change or context."),
                .text("severity", "severity", "critical, high, medium, low or info."), .text("title", "title", "The fact in one line."),
                .text("body", "body", "The fact in full."), .text("service", "service", "The service it is about."),
                .text("component", "component", "The part of the service."), .text("environment", "environment", "Where it happened."),
                .text("host", "host", "The machine."), .text("tags", "tags", "A JSON list."),
                .text("attributes", "attributes", "A JSON object of what else the source said."),
                .text("url", "url", "Where the source shows it."), .text("trace_id", "trace_id", "Its trace."),
                .text("commit_sha", "commit_sha", "Its commit."),
            ], key: "PRIMARY KEY (fingerprint)",
            rows: """
                store.event WHERE superseded_by IS NULL AND deleted_at IS NULL
                AND fingerprint IN (SELECT fingerprint FROM main.evidence) ORDER BY fingerprint
                """, indexes: ["occurred_at", "service", "type"]),
        PublishedTable(
            name: "notes", words: "What people noted.",
            columns: [
                .number("number", "number", "The investigation."), .time("at", "at", "When."), .text("author", "author", "Who."),
                .text("text", "text", "Markdown."),
            ], rows: "\(shown) JOIN store.annotation ON case_key = key ORDER BY number, at, author, text", indexes: ["number"]),
        PublishedTable(
            name: "versions", words: "What changed in each investigation, when and by whom.",
            columns: [
                .number("number", "number", "The investigation."), .number("version", "case_version.version", "From 1."),
                .time("at", "at", "When."), .text("author", "author", "Who."), .text("changes", "changes", "A JSON list of sentences."),
            ], key: "PRIMARY KEY (number, version)",
            rows: "\(shown) JOIN store.case_version ON case_key = key ORDER BY number, case_version.version"),
    ]

    static let views = """
        CREATE VIEW open_investigations AS SELECT * FROM investigations WHERE status NOT IN ('resolved', 'closed') ORDER BY number DESC;
        CREATE VIEW timeline AS
        SELECT evidence.number, events.occurred_at, evidence.phase, events.severity, events.type, events.service, events.title,
          evidence.confidence, evidence.starred, events.fingerprint
        FROM evidence JOIN events USING (fingerprint) ORDER BY evidence.number, events.occurred_at, events.fingerprint;
        CREATE VIEW first_causes AS
        SELECT investigations.number, investigations.title, investigations.severity, causes.kind, causes.service, causes.name, causes.score
        FROM investigations JOIN causes ON causes.number = investigations.number AND causes.rank = 1;
        CREATE VIEW durations AS
        SELECT number, title, severity, round((julianday(detected_at) - julianday(started_at)) * 1440, 1) AS minutes_to_detect,
          round((julianday(acknowledged_at) - julianday(coalesce(detected_at, started_at))) * 1440, 1) AS minutes_to_acknowledge,
          round((julianday(mitigated_at) - julianday(started_at)) * 1440, 1) AS minutes_to_mitigate,
          round((julianday(resolved_at) - julianday(started_at)) * 1440, 1) AS minutes_to_resolve
        FROM investigations;
        CREATE VIEW services AS
        SELECT service, count(*) AS investigations, sum(status NOT IN ('resolved', 'closed')) AS open, max(started_at) AS last_started_at
        FROM investigation_services JOIN investigations USING (number) GROUP BY service ORDER BY investigations DESC, service;
        CREATE VIEW days AS
        SELECT substr(started_at, 1, 10) AS day, count(*) AS opened, sum(severity = 'critical') AS critical, sum(severity = 'high') AS high
        FROM investigations GROUP BY day ORDER BY day;
        """

    static let viewWords: [(name: String, words: String)] = [
        ("open_investigations", "Those that are not over, the newest first."),
        ("timeline", "The events of each investigation in the order of time: choose one by its number."),
        ("first_causes", "The likeliest cause of each investigation."),
        (
            "durations",
            "Minutes from the start of each investigation to when it was noticed, no longer hurt, and was over; a person took it so long "
                + "after it was noticed."
        ),
        ("services", "How many investigations touch each service."), ("days", "How many investigations began on each day."),
    ]
}
