import GRDB

/// The schema, as steps forward. A released step is never edited; the golden schema of the tests shows their sum.
enum Migrations {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0001 identity") { try $0.execute(sql: "PRAGMA application_id = \(CaseStore.applicationID)") }
        for (name, sql) in [
            ("0002 events", events), ("0003 search", search), ("0004 logs", logs), ("0005 metrics", metrics), ("0006 traces", traces),
            ("0007 tests", tests), ("0008 sources", sources), ("0009 investigations", investigations), ("0010 audit", audit),
            ("0011 runs and outbox", runs), ("0012 identity of people", tokens), ("0013 case search", caseSearch),
            ("0014 lines of requests", requests), ("0015 commits by time", commits), ("0016 time of test results", testTimes),
            ("0017 lists of investigations", caseListing), ("0018 lists of events", eventListing),
            ("0019 stamps and days", stamps), ("0020 similar investigations with their state", similarState),
            ("0021 gaps of sources", sourceGaps),
        ] {
            migrator.registerMigration(name) { try $0.execute(sql: sql) }
        }
        return migrator
    }

    /// An event is live while `superseded_by` and `deleted_at` are NULL. `superseded_by` is empty for a derived signal that
    /// is no longer derived. `ended_at` is `occurred_at` for a moment. Every event pays for two indexes only; the others are
    /// partial, and finding by id has a table of its own that is filled in bulk from the backlog.
    static let events = """
        CREATE TABLE event (
          event_id INTEGER PRIMARY KEY,
          id TEXT NOT NULL,
          fingerprint TEXT NOT NULL,
          occurred_at INTEGER NOT NULL,
          ended_at INTEGER NOT NULL,
          observed_at INTEGER NOT NULL,
          source TEXT NOT NULL,
          type TEXT NOT NULL,
          role TEXT NOT NULL,
          severity TEXT NOT NULL,
          title TEXT NOT NULL,
          body TEXT NOT NULL,
          service TEXT,
          component TEXT,
          environment TEXT,
          host TEXT,
          tags TEXT NOT NULL,
          attributes TEXT NOT NULL,
          origin TEXT NOT NULL,
          source_id TEXT,
          url TEXT,
          trace_id TEXT,
          commit_sha TEXT,
          derived_scope TEXT,
          superseded_by TEXT,
          deleted_at INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX event_live ON event(fingerprint) WHERE superseded_by IS NULL AND deleted_at IS NULL;
        CREATE INDEX event_time ON event(occurred_at);
        CREATE INDEX event_gone ON event(fingerprint, id) WHERE superseded_by IS NOT NULL OR deleted_at IS NOT NULL;
        CREATE INDEX event_derived ON event(derived_scope, occurred_at) WHERE derived_scope IS NOT NULL;
        CREATE INDEX event_long ON event(ended_at)
          WHERE role = 'signal' AND superseded_by IS NULL AND deleted_at IS NULL AND ended_at > occurred_at + 3600000;
        CREATE TABLE event_lookup (id TEXT PRIMARY KEY, event_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE event_backlog (
          from_event INTEGER NOT NULL,
          to_event INTEGER NOT NULL,
          PRIMARY KEY (from_event, to_event)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE dirty_range (
          from_ms INTEGER NOT NULL,
          to_ms INTEGER NOT NULL,
          PRIMARY KEY (from_ms, to_ms)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        """

    /// Full text of events over a view of them (external content, https://sqlite.org/fts5.html#external_content_tables).
    /// It is filled in bulk from the backlog, because indexing row by row would halve the rate of appending.
    static let search = """
        CREATE VIEW event_text AS
        SELECT event_id, title, body, coalesce(service, '') AS service,
          coalesce(attributes ->> '$.template', '') AS template,
          coalesce(commit_sha, '') || ' ' || coalesce(source_id, '') || ' ' || coalesce(trace_id, '') || ' ' || coalesce(host, '')
            || ' ' || coalesce(component, '') || ' ' || coalesce(attributes ->> '$.exception', '') || ' '
            || coalesce(attributes ->> '$.test', '') || ' ' || coalesce(attributes ->> '$.metric', '') || ' '
            || coalesce(attributes ->> '$.operation', '') || ' ' || coalesce(attributes ->> '$.author', '') AS reference
        FROM event;
        CREATE VIRTUAL TABLE event_search USING fts5(
          title, body, service, template, reference,
          content = 'event_text', content_rowid = 'event_id', tokenize = 'unicode61 remove_diacritics 2');
        """

    static let logs = """
        CREATE TABLE name (name_id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE dirty_telemetry (
          kind TEXT NOT NULL,
          subject TEXT NOT NULL,
          day INTEGER NOT NULL,
          PRIMARY KEY (kind, subject, day)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE log_leaf (leaf INTEGER PRIMARY KEY, pattern TEXT NOT NULL) STRICT;
        CREATE TABLE log_service_leaf (
          service INTEGER NOT NULL REFERENCES name(name_id),
          leaf INTEGER NOT NULL REFERENCES log_leaf(leaf),
          first_seen INTEGER NOT NULL,
          last_seen INTEGER NOT NULL,
          PRIMARY KEY (service, leaf)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE log_count (
          service INTEGER NOT NULL,
          minute INTEGER NOT NULL,
          leaf INTEGER NOT NULL,
          level INTEGER NOT NULL,
          n INTEGER NOT NULL,
          PRIMARY KEY (service, minute, leaf, level)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE log_exemplar (
          service INTEGER NOT NULL,
          leaf INTEGER NOT NULL,
          hour INTEGER NOT NULL,
          place INTEGER NOT NULL,
          at INTEGER NOT NULL,
          path TEXT NOT NULL,
          byte_offset INTEGER NOT NULL,
          line INTEGER NOT NULL,
          level INTEGER NOT NULL,
          host TEXT,
          trace_id TEXT,
          text TEXT NOT NULL,
          before TEXT NOT NULL,
          after TEXT NOT NULL,
          exception TEXT,
          frames TEXT NOT NULL,
          PRIMARY KEY (service, leaf, hour, place)
        ) STRICT;
        """

    static let metrics = """
        CREATE TABLE metric_series (
          series_id INTEGER PRIMARY KEY,
          service TEXT NOT NULL,
          metric TEXT NOT NULL,
          instance TEXT NOT NULL,
          kind TEXT NOT NULL,
          unit TEXT NOT NULL,
          UNIQUE (service, metric, instance)
        ) STRICT;
        CREATE TABLE metric_chunk (
          series_id INTEGER NOT NULL REFERENCES metric_series(series_id),
          hour INTEGER NOT NULL,
          points BLOB NOT NULL,
          PRIMARY KEY (series_id, hour)
        ) STRICT;
        """

    /// Ids of 32 and 16 hexadecimal digits are blobs of 16 and 8 bytes; ids of any other shape are text as given.
    static let traces = """
        CREATE TABLE span (
          trace_id ANY NOT NULL,
          span_id ANY NOT NULL,
          parent_id ANY NOT NULL,
          service INTEGER NOT NULL REFERENCES name(name_id),
          instance INTEGER NOT NULL REFERENCES name(name_id),
          operation INTEGER NOT NULL REFERENCES name(name_id),
          kind INTEGER NOT NULL,
          start_ms INTEGER NOT NULL,
          duration_us INTEGER NOT NULL,
          is_error INTEGER NOT NULL,
          status TEXT NOT NULL,
          exception TEXT,
          frames TEXT,
          PRIMARY KEY (trace_id, span_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX span_time ON span(service, start_ms);
        CREATE TABLE service_edge (
          caller TEXT NOT NULL,
          callee TEXT NOT NULL,
          origin TEXT NOT NULL,
          calls INTEGER NOT NULL,
          PRIMARY KEY (caller, callee, origin)
        ) STRICT, WITHOUT ROWID;
        """

    static let tests = """
        CREATE TABLE test_result (
          suite TEXT NOT NULL,
          class_name TEXT NOT NULL,
          name TEXT NOT NULL,
          run TEXT NOT NULL,
          run_at INTEGER,
          outcome TEXT NOT NULL,
          duration_ms INTEGER NOT NULL,
          file TEXT,
          line INTEGER,
          message TEXT NOT NULL,
          detail TEXT NOT NULL,
          exception TEXT,
          frames TEXT NOT NULL,
          commit_sha TEXT,
          service TEXT,
          PRIMARY KEY (suite, class_name, name, run)
        ) STRICT;
        """

    static let sources = """
        CREATE TABLE source_cursor (
          origin TEXT NOT NULL,
          item TEXT NOT NULL,
          state TEXT NOT NULL,
          PRIMARY KEY (origin, item)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE source_activity (
          origin TEXT NOT NULL,
          hour INTEGER NOT NULL,
          n INTEGER NOT NULL,
          newest_at INTEGER NOT NULL,
          PRIMARY KEY (origin, hour)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE dead_letter (
          dead_letter_id INTEGER PRIMARY KEY,
          origin TEXT NOT NULL,
          place TEXT NOT NULL,
          reason TEXT NOT NULL,
          remedy TEXT NOT NULL,
          payload TEXT NOT NULL,
          first_at INTEGER NOT NULL,
          last_at INTEGER NOT NULL,
          n INTEGER NOT NULL,
          resolved_at INTEGER,
          UNIQUE (origin, place, reason)
        ) STRICT;
        CREATE TABLE breaker (
          origin TEXT PRIMARY KEY,
          consecutive_failures INTEGER NOT NULL,
          opened_at INTEGER,
          last_error TEXT
        ) STRICT, WITHOUT ROWID;
        """

    /// `document` holds the whole investigation; the columns are what is searched and sorted by. The number is NULL once
    /// another one needed it (`merged_into` and withdrawn ones only).
    static let investigations = """
        CREATE TABLE investigation (
          investigation_id INTEGER PRIMARY KEY,
          key TEXT NOT NULL UNIQUE,
          number INTEGER UNIQUE,
          title TEXT NOT NULL,
          status TEXT NOT NULL,
          severity TEXT NOT NULL,
          priority TEXT NOT NULL,
          environment TEXT,
          assigned_to TEXT,
          created_by TEXT NOT NULL,
          started_at INTEGER NOT NULL,
          detected_at INTEGER,
          acknowledged_at INTEGER,
          mitigated_at INTEGER,
          resolved_at INTEGER,
          last_signal_at INTEGER NOT NULL,
          version INTEGER NOT NULL,
          is_deleted INTEGER NOT NULL,
          merged_into TEXT REFERENCES investigation(key),
          is_touched INTEGER NOT NULL,
          opened_at INTEGER NOT NULL,
          changed_at INTEGER NOT NULL,
          document TEXT NOT NULL
        ) STRICT;
        CREATE INDEX investigation_start ON investigation(started_at);
        CREATE TABLE evidence (
          case_key TEXT NOT NULL REFERENCES investigation(key),
          fingerprint TEXT NOT NULL,
          event_id TEXT NOT NULL,
          confidence REAL NOT NULL,
          terms TEXT NOT NULL,
          phase TEXT NOT NULL,
          stance TEXT NOT NULL,
          linked_by TEXT NOT NULL,
          linked_at INTEGER NOT NULL,
          starred INTEGER NOT NULL,
          inhibited_by TEXT,
          PRIMARY KEY (case_key, fingerprint)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX evidence_fingerprint ON evidence(fingerprint);
        CREATE TABLE case_version (
          case_key TEXT NOT NULL REFERENCES investigation(key),
          version INTEGER NOT NULL,
          at INTEGER NOT NULL,
          author TEXT NOT NULL,
          changes TEXT NOT NULL,
          PRIMARY KEY (case_key, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE annotation (
          annotation_id INTEGER PRIMARY KEY,
          case_key TEXT NOT NULL REFERENCES investigation(key),
          at INTEGER NOT NULL,
          author TEXT NOT NULL,
          text TEXT NOT NULL,
          UNIQUE (case_key, at, author, text)
        ) STRICT;
        CREATE TABLE human_link (
          fingerprint TEXT NOT NULL,
          case_key TEXT NOT NULL,
          verdict TEXT NOT NULL,
          author TEXT NOT NULL,
          at INTEGER NOT NULL,
          PRIMARY KEY (fingerprint, case_key)
        ) STRICT, WITHOUT ROWID;
        """

    /// Rows are only ever added; each carries the hash of the one before.
    static let audit = """
        CREATE TABLE audit (
          seq INTEGER PRIMARY KEY,
          at INTEGER NOT NULL,
          author TEXT NOT NULL,
          action TEXT NOT NULL,
          subject TEXT NOT NULL,
          detail TEXT NOT NULL,
          prev_hash TEXT NOT NULL,
          hash TEXT NOT NULL
        ) STRICT;
        CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
        CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
        """

    static let runs = """
        CREATE TABLE run (
          run_id INTEGER PRIMARY KEY,
          command TEXT NOT NULL,
          program TEXT NOT NULL,
          started_at INTEGER NOT NULL,
          finished_at INTEGER,
          exit_code INTEGER,
          steps TEXT NOT NULL,
          counters TEXT NOT NULL
        ) STRICT;
        CREATE TABLE outbox (
          outbox_id INTEGER PRIMARY KEY,
          channel TEXT NOT NULL,
          dedup_key TEXT NOT NULL UNIQUE,
          payload TEXT NOT NULL,
          state TEXT NOT NULL,
          created_at INTEGER NOT NULL,
          attempts INTEGER NOT NULL,
          next_attempt_at INTEGER NOT NULL,
          last_error TEXT
        ) STRICT;
        CREATE INDEX outbox_due ON outbox(next_attempt_at) WHERE state IN ('pending', 'sending');
        CREATE TABLE receipt (
          outbox_id INTEGER PRIMARY KEY REFERENCES outbox(outbox_id),
          at INTEGER NOT NULL,
          detail TEXT NOT NULL
        ) STRICT;
        CREATE TABLE digest_state (
          audience TEXT NOT NULL,
          case_key TEXT NOT NULL,
          status TEXT NOT NULL,
          severity TEXT NOT NULL,
          version INTEGER NOT NULL,
          at INTEGER NOT NULL,
          PRIMARY KEY (audience, case_key)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE publication (
          path TEXT PRIMARY KEY,
          input_digest TEXT NOT NULL,
          bytes_digest TEXT NOT NULL,
          published_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    static let tokens = """
        CREATE TABLE token (
          token_id TEXT PRIMARY KEY,
          subject TEXT NOT NULL,
          role TEXT NOT NULL,
          issued_at INTEGER NOT NULL,
          expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE token_revocation (
          token_id TEXT PRIMARY KEY,
          revoked_at INTEGER NOT NULL,
          revoked_by TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Records of requests, of a bounded sample of traces; see `RequestLines`.
    static let requests = """
        CREATE TABLE log_request (
          service INTEGER NOT NULL REFERENCES name(name_id),
          minute INTEGER NOT NULL,
          lines BLOB NOT NULL,
          PRIMARY KEY (service, minute)
        ) STRICT;
        """

    /// Habits are learnt from the newest commits before a case, however many signals lie between them.
    static let commits = """
        CREATE INDEX event_commit ON event(occurred_at) WHERE type = 'commit' AND superseded_by IS NULL AND deleted_at IS NULL;
        """

    /// The results of a test, the failing and the long results of a suite, each by time.
    static let testTimes = """
        CREATE INDEX test_result_time ON test_result(suite, class_name, name, run_at);
        CREATE INDEX test_result_failed ON test_result(suite, run_at) WHERE outcome IN ('failed', 'errored');
        CREATE INDEX test_result_long ON test_result(suite, run_at) WHERE outcome = 'passed' AND duration_ms >= 500;
        """

    /// What lists show of an investigation, apart from its document: reading a thousand lines must not read a thousand
    /// documents. `brief` is the document without its long parts.
    static let caseListing = """
        CREATE TABLE case_brief (case_key TEXT PRIMARY KEY REFERENCES investigation(key), brief TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE case_facet (
          kind TEXT NOT NULL,
          value TEXT NOT NULL,
          case_key TEXT NOT NULL REFERENCES investigation(key),
          PRIMARY KEY (kind, value, case_key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX case_facet_case ON case_facet(case_key);
        CREATE INDEX investigation_listing ON investigation(
          number, key, is_deleted, status, severity, priority, environment, assigned_to, started_at, detected_at, acknowledged_at,
          mitigated_at, resolved_at, last_signal_at, version, changed_at, title);
        INSERT INTO case_brief SELECT key, json_set(
          json_remove(document, '$.hypotheses'), '$.description', '', '$.impact', '', '$.root_cause', '', '$.remediation', '',
          '$.lessons_learned', '', '$.action_items', json('[]'), '$.related', json('[]'), '$.similar', json('[]'),
          '$.suspects', json('[]'), '$.left_out', json('[]'), '$.human_fields', json('[]'),
          '$.hypotheses', json(coalesce('[' || (document -> '$.hypotheses[0]') || ']', '[]'))) FROM investigation;
        INSERT OR IGNORE INTO case_facet
          SELECT 'service', json_each.value, investigation.key FROM investigation, json_each(document, '$.services')
          WHERE json_each.value IS NOT NULL;
        INSERT OR IGNORE INTO case_facet
          SELECT 'component', json_each.value, investigation.key FROM investigation, json_each(document, '$.components')
          WHERE json_each.value IS NOT NULL;
        INSERT OR IGNORE INTO case_facet
          SELECT 'change', document ->> '$.hypotheses[0].change', key FROM investigation
          WHERE document ->> '$.hypotheses[0].kind' = 'change' AND document ->> '$.hypotheses[0].change' IS NOT NULL;
        """

    /// Live events by what is asked of them. Events that share every answer are one group, of which there are few; a group
    /// has its events by time. Filled in bulk from the backlog, like the full text, because an index for each question would
    /// slow appending down.
    static let eventListing = """
        CREATE TABLE event_group (
          event_group_id INTEGER PRIMARY KEY,
          source TEXT NOT NULL,
          type TEXT NOT NULL,
          role TEXT NOT NULL,
          severity TEXT NOT NULL,
          service TEXT NOT NULL,
          component TEXT NOT NULL,
          environment TEXT NOT NULL,
          n INTEGER NOT NULL,
          first_at INTEGER NOT NULL,
          last_at INTEGER NOT NULL,
          UNIQUE (source, type, role, severity, service, component, environment)
        ) STRICT;
        CREATE TABLE event_member (
          event_group_id INTEGER NOT NULL REFERENCES event_group(event_group_id),
          occurred_at INTEGER NOT NULL,
          event_id INTEGER NOT NULL,
          PRIMARY KEY (event_group_id, occurred_at, event_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER event_member_comes AFTER INSERT ON event_member BEGIN
          UPDATE event_group SET n = n + 1, first_at = min(first_at, NEW.occurred_at), last_at = max(last_at, NEW.occurred_at)
          WHERE event_group_id = NEW.event_group_id;
        END;
        CREATE TRIGGER event_member_goes AFTER DELETE ON event_member BEGIN
          UPDATE event_group SET n = n - 1 WHERE event_group_id = OLD.event_group_id;
        END;
        CREATE TRIGGER event_goes AFTER UPDATE OF superseded_by, deleted_at ON event
        WHEN OLD.superseded_by IS NULL AND OLD.deleted_at IS NULL AND (NEW.superseded_by IS NOT NULL OR NEW.deleted_at IS NOT NULL) BEGIN
          DELETE FROM event_member WHERE event_group_id = (
              SELECT event_group_id FROM event_group WHERE source = OLD.source AND type = OLD.type AND role = OLD.role
                AND severity = OLD.severity AND service = coalesce(OLD.service, '') AND component = coalesce(OLD.component, '')
                AND environment = coalesce(OLD.environment, ''))
            AND occurred_at = OLD.occurred_at AND event_id = OLD.event_id;
        END;
        CREATE TRIGGER event_comes_back AFTER UPDATE OF superseded_by, deleted_at ON event
        WHEN NEW.superseded_by IS NULL AND NEW.deleted_at IS NULL AND (OLD.superseded_by IS NOT NULL OR OLD.deleted_at IS NOT NULL) BEGIN
          INSERT OR IGNORE INTO event_backlog (from_event, to_event) VALUES (NEW.event_id, NEW.event_id);
        END;
        CREATE VIRTUAL TABLE event_words USING fts5vocab(event_search, instance);
        INSERT OR IGNORE INTO event_backlog SELECT min(event_id), max(event_id) FROM event GROUP BY true;
        """

    static let caseSearch = """
        CREATE VIRTUAL TABLE case_search USING fts5(
          title, description, words, services, notes, tokenize = 'unicode61 remove_diacritics 2');
        """

    /// How often what there is of a day or of a service changed, with a service's newest event, and each day in numbers; and
    /// where the changes are, which are few. The page of a day or a service is made
    /// again when its stamp moves; what was stored before this step counts once.
    static let stamps = """
        CREATE TABLE stamp (
          kind TEXT NOT NULL,
          subject TEXT NOT NULL,
          changes INTEGER NOT NULL,
          newest_at INTEGER,
          PRIMARY KEY (kind, subject)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX event_change ON event(occurred_at, service)
          WHERE role = 'change' AND superseded_by IS NULL AND deleted_at IS NULL;
        CREATE TABLE day_summary (
          day INTEGER PRIMARY KEY,
          changes INTEGER NOT NULL,
          document TEXT NOT NULL
        ) STRICT;
        INSERT INTO stamp (kind, subject, changes)
        SELECT 'day', (occurred_at - CASE WHEN occurred_at < 0 THEN 86399999 ELSE 0 END) / 86400000 AS day, 1 FROM event GROUP BY day;
        INSERT INTO stamp (kind, subject, changes, newest_at)
        SELECT 'service', service, 1, max(newest) FROM (
          SELECT service, occurred_at AS newest FROM event
          UNION ALL SELECT service, NULL FROM metric_series
          UNION ALL SELECT text, NULL FROM name WHERE name_id IN (SELECT DISTINCT service FROM log_service_leaf)
        ) WHERE service <> '' GROUP BY service;
        """

    /// Which investigations look alike is told with their state now: the lists are made anew by the next run.
    static let similarState = "DELETE FROM setting WHERE key >= 'similar' AND key < 'similas'"

    /// From when to when nothing could be read from a source. At most one gap of a source is open: the next failure moves its end.
    static let sourceGaps = """
        CREATE TABLE source_gap (
          origin TEXT NOT NULL,
          from_at INTEGER NOT NULL,
          to_at INTEGER NOT NULL,
          is_open INTEGER NOT NULL,
          PRIMARY KEY (origin, from_at)
        ) STRICT, WITHOUT ROWID;
        """
}
