import DemoStory
import Foundation
import Model

/// `caseboard init`: a workspace that works at once, with every setting explained where it stands.
package enum WorkspaceInit {
    /// Never overwrites: a folder that already holds a configuration is refused.
    package static func make(at folder: URL, shown: String, demo: Bool, now: Instant) async throws -> Answer {
        let workspace = Workspace(root: folder)
        if FileManager.default.fileExists(atPath: workspace.configuration.plainPath) {
            throw PipelineError.workspaceExists(path: shown)
        }
        do {
            for url in [workspace.root, workspace.inbox, workspace.root.appending(path: "cases")] {
                try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            }
            if demo {
                let story = Story(end: Story.end(before: now))
                _ = try await StoryWriter(story: story).write(to: workspace.root.appending(path: "story"))
                try demoFlag(story).write(to: workspace.inbox.appending(path: "notes.jsonl"), atomically: true, encoding: .utf8)
            }
            try ignored.write(to: workspace.root.appending(path: ".gitignore"), atomically: true, encoding: .utf8)
            // Last, so that an interrupted init is simply run again.
            let text = head + (demo ? demoBody : plainBody)
            try text.write(to: workspace.configuration, atomically: true, encoding: .utf8)
        } catch let error as StoryError {
            throw error
        } catch {
            throw PipelineError.cannotWrite(path: shown, reason: error.localizedDescription)
        }
        var lines: [Line] = ["made a workspace in \(shown)" + (demo ? " with the demo story in it" : "")]
        lines.append(
            Line(demo ? "next: caseboard run -w \(shown)" : "next: edit \(shown)/caseboard.yaml, then caseboard run -w \(shown)", .faint))
        return Answer(
            lines: lines,
            json: ["schema": "caseboard.init/1", "workspace": .string(workspace.root.plainPath), "demo": .bool(demo)])
    }

    private static func demoFlag(_ story: Story) -> String {
        let at = story.minutesBeforeEnd(37)
        return JSONValue.object([
            "type": "note", "time": .string(at.rfc3339), "service": "checkout", "title": "Mara looks at checkout",
            "body": "Carts are kept, so customers can come back. Looking at the **database connections** first.",
        ]).text + "\n"
    }

    private static let ignored = """
        # The store and the published site are made by `caseboard run`.
        var/
        public/

        """

    private static let head = """
        # Caseboard reads this file at every run. `caseboard check` tells what is wrong with it, with line and remedy.
        # All of it is optional but `sources:`. Durations are written 90s, 15m, 2h, 7d.


        """

    private static let plainBody = """
        title: On call
        # environment: production

        # Where the evidence is. `caseboard kinds` lists every kind, `caseboard kinds KIND` its settings.
        # Programs may also drop events into inbox/*.jsonl (CloudEvents, or Caseboard's own); that needs no entry here.
        sources:
          # Commits of a repository on this machine.
          # - name: code
          #   kind: git
          #   path: /srv/git/shop

          # Log files, followed across rotation and compression. The format is found out by itself.
          # - name: app-logs
          #   kind: logs
          #   path: [/var/log/app/*.log*]

          # Test results of CI.
          # - name: tests
          #   kind: junit
          #   path: [/srv/ci/results/**/*.xml]

          # Servers that are asked. The token stands in a file; what may be asked of this machine itself has to be said.
          # - name: prometheus
          #   kind: prometheus
          #   url: https://prometheus.example.org
          #   secret_file: prometheus-token
          #   queries:
          #     error_rate: sum by (service) (rate(http_requests_total{code=~"5.."}[5m]))
          # - name: alertmanager
          #   kind: alertmanager
          #   url: http://127.0.0.1:9093
          #   allow_loopback: true

          # Metrics as CSV or OpenMetrics files, traces as OTLP/JSON files, alerts as Alertmanager sent them.
          # - name: metrics
          #   kind: metrics
          #   path: [/srv/export/metrics/*]
          # - name: traces
          #   kind: traces
          #   path: [/srv/export/traces/*.jsonl]
          # - name: alerts
          #   kind: alerts
          #   path: [/srv/export/alerts/*.json]

        # What you watch. Names found in evidence are added by themselves; say here what evidence cannot tell.
        # services:
        #   - name: checkout
        #     aliases: [checkout-svc]
        #     depends_on: [payments, shop-db]
        #     paths: [services/checkout/]

        # rules:
        #   quiet_period: 90m        # resolved after so long without a signal
        #   change_lookback: 48h     # changes this long before can be suspects
        #   minimum_severity: medium # lesser signals open nothing on their own

        # Secrets are always redacted before anything is stored. Personal data on request:
        # redaction: {emails: true, addresses: true}

        # Who gets the digest of what changed.
        delivery:
          - kind: folder          # writes mails to var/outbox/*.eml
            to: [oncall@example.org]
          # - kind: sendmail
          #   from: caseboard@example.org
          #   to: [oncall@example.org]
          #   minimum_severity: medium
          # - kind: smtp
          #   host: mail.example.org
          #   port: 587
          #   username: caseboard
          #   password_file: /etc/caseboard/smtp-password
          #   from: caseboard@example.org
          #   to: [oncall@example.org]

        # site:
        #   base_url: https://status.example.org/cases

        """

    private static let demoBody = """
        title: The shop
        environment: production

        services:
          - name: storefront
            paths: [services/storefront/]
          - name: cart
            paths: [services/cart/]
          - name: checkout
            paths: [services/checkout/]
          - name: payments
            paths: [services/payments/]
          - name: inventory
            paths: [services/inventory/]
          - name: search
            paths: [services/search/]
          - name: notifications
            paths: [services/notifications/]
          - name: shop-db
            aliases: [postgres]

        delivery:
          - kind: folder
            from: caseboard@shop.example
            to: [oncall@shop.example]

        # One source of each kind. What they read stands in story/, as a machine would have written it.
        sources:
          - name: code
            kind: git
            path: story/git
          - name: deploys
            kind: changes
            path: story/changes/*.jsonl
          - name: builds
            kind: junit
            path: story/tests/*.xml
            service: checkout
          - name: logs
            kind: logs
            path: [story/logs/storefront.log, story/logs/cart.logfmt, story/logs/checkout.jsonl]
          - name: payments-log
            kind: logs
            path: story/logs/payments.log
            service: payments
          - name: inventory-log
            kind: logs
            path: story/logs/inventory.cri.log
            service: inventory
          - name: search-log
            kind: logs
            path: story/logs/search.log
            service: search
          - name: syslog
            kind: logs
            path: [story/logs/notifications.syslog, story/logs/shop-db.syslog]
          - name: journal
            kind: logs
            path: story/logs/hosts.journal.json
          - name: metrics
            kind: metrics
            path: [story/metrics/*.csv, story/metrics/*.om]
          - name: traces
            kind: traces
            path: story/traces/*.jsonl
          - name: alerts
            kind: alerts
            path: story/alerts/*.jsonl
          - name: mail-provider
            kind: feed
            path: story/feeds/*.atom
            service: notifications
          - name: tickets
            kind: reports
            path: story/reports/*.json

        """
}
