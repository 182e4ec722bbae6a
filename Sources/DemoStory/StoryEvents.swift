import Model

extension Story {
    /// Alerts as Alertmanager's webhook sent them, one notification a line.
    func alerts() -> StoryFile {
        func line(_ name: String, _ service: String, _ severity: String, _ summary: String, from: Instant, to: Instant?) -> String {
            let status = to == nil ? "firing" : "resolved"
            let ends = to?.rfc3339 ?? "0001-01-01T00:00:00Z"
            let id = Fingerprint(name, service).text
            let labels = "{\"alertname\":\"\(name)\",\"service\":\"\(service)\",\"severity\":\"\(severity)\"}"
            return
                "{\"version\":\"4\",\"status\":\"\(status)\",\"receiver\":\"oncall\",\"groupLabels\":{\"alertname\":\"\(name)\"},\"commonLabels\":\(labels),\"commonAnnotations\":{\"summary\":\"\(summary)\"},\"externalURL\":\"https://alerts.shop.example\",\"alerts\":[{\"status\":\"\(status)\",\"labels\":\(labels),\"annotations\":{\"summary\":\"\(summary)\"},\"startsAt\":\"\(from.rfc3339)\",\"endsAt\":\"\(ends)\",\"generatorURL\":\"https://prometheus.shop.example/graph\",\"fingerprint\":\"\(id)\"}]}"
        }
        let crash = poolExhausted
        let lines = [
            line(
                "SearchLatencyHigh", "search", "warning", "search p95 above 2 s for 3 minutes", from: searchTroubleStart + 200_000, to: nil),
            line(
                "SearchLatencyHigh", "search", "warning", "search p95 above 2 s for 3 minutes", from: searchTroubleStart + 200_000,
                to: searchTroubleEnd + 60_000),
            line("DatabaseConnectionsNearLimit", "shop-db", "warning", "190 of 200 connections in use", from: crash + 30_000, to: nil),
            line("PaymentsErrorRateHigh", "payments", "critical", "payments fails 40 % of requests", from: crash + 110_000, to: nil),
            line(
                "CheckoutAvailabilityBurn", "checkout", "critical", "checkout burns its error budget 14 times too fast",
                from: crash + 150_000, to: nil),
            line(
                "MailQueueGrowing", "notifications", "warning", "mail queue grows for 10 minutes", from: mailTroubleStart + 600_000, to: nil
            ),
        ]
        return StoryFile(
            path: "alerts/alertmanager.jsonl", text: lines.joined(separator: "\n") + "\n", modifiedAt: mailTroubleStart + 600_000)
    }

    /// Deployments and a flag, as a pipeline would append them. The shas are those of the story's repository.
    func deployments(_ commits: [StoryCommit]) -> StoryFile {
        func deploy(_ service: String, _ version: String, at: Instant, newest: String, previous: String?) -> String {
            let prior = previous.map { ",\"previous_commit\":\"\($0)\"" } ?? ""
            return
                "{\"type\":\"deployment\",\"time\":\"\(at.rfc3339)\",\"service\":\"\(service)\",\"version\":\"\(version)\",\"commit\":\"\(newest)\"\(prior),\"environment\":\"production\",\"title\":\"\(service) \(version) is live\"}"
        }
        func sha(_ label: String) -> String { commits.first { $0.label == label }?.sha ?? "" }
        let lines = [
            deploy("payments", "2.31.0", at: minutesBeforeEnd(1_300), newest: sha("payments-live"), previous: nil),
            deploy("checkout", "4.17.2", at: minutesBeforeEnd(1_250), newest: sha("checkout-before"), previous: nil),
            deploy("search", "2.9.1", at: minutesBeforeEnd(212), newest: sha("search-live"), previous: sha("checkout-before")),
            deploy("storefront", "9.4.0", at: minutesBeforeEnd(97), newest: sha("storefront-live"), previous: sha("search-live")),
            "{\"type\":\"flag\",\"time\":\"\(minutesBeforeEnd(74).rfc3339)\",\"service\":\"storefront\",\"title\":\"flag winter-banner on for 10 %\"}",
            deploy("checkout", "4.18.0", at: badDeploy, newest: sha("checkout-live"), previous: sha("checkout-before")),
        ]
        return StoryFile(path: "changes/deployments.jsonl", text: lines.joined(separator: "\n") + "\n", modifiedAt: badDeploy)
    }

    /// The status page of the mail provider; its second entry carries markup that must stay text.
    func statusFeed() -> StoryFile {
        let text = """
            <?xml version="1.0" encoding="utf-8"?>
            <feed xmlns="http://www.w3.org/2005/Atom">
              <title>Mailwing status</title>
              <id>tag:status.mailwing.example,2026:status</id>
              <link href="https://status.mailwing.example/"/>
              <updated>\((mailTroubleStart + 1_200_000).rfc3339)</updated>
              <entry>
                <title>Outbound relay mx2: elevated deferrals</title>
                <id>tag:status.mailwing.example,2026:incident/771</id>
                <link href="https://status.mailwing.example/incidents/771"/>
                <published>\((mailTroubleStart + 300_000).rfc3339)</published>
                <updated>\((mailTroubleStart + 300_000).rfc3339)</updated>
                <summary type="html">&lt;p&gt;&lt;b&gt;Investigating&lt;/b&gt;: mails for notifications through relay mx2 are deferred with 451.&lt;/p&gt;</summary>
              </entry>
              <entry>
                <title>Planned maintenance of the archive &lt;img src=x onerror=alert(2)&gt;</title>
                <id>tag:status.mailwing.example,2026:maintenance/90</id>
                <link href="javascript:alert(3)"/>
                <published>\(minutesBeforeEnd(230).rfc3339)</published>
                <updated>\(minutesBeforeEnd(230).rfc3339)</updated>
                <summary type="html">&lt;script&gt;alert(4)&lt;/script&gt;The archive is read-only next week.</summary>
              </entry>
            </feed>

            """
        return StoryFile(path: "feeds/mailwing-status.atom", text: text, modifiedAt: mailTroubleStart + 300_000)
    }

    /// Nine CI runs of forty tests. From the guilty merge on, one test is red.
    func testRuns() -> [StoryFile] {
        var chance = SplitMix64(seed: seed &+ 4)
        let suites = ["CartSessionTest", "CheckoutServiceTest", "PoolBudgetTest", "PriceTest", "ReservationTest"]
        return (0..<9).map { run in
            let at = minutesBeforeEnd(235 - Double(run) * 26)
            let broken = at > guiltyMerge
            var cases = ""
            for suite in suites {
                for number in 1...8 {
                    let red = broken && suite == "PoolBudgetTest" && number == 3
                    let name = red || (suite == "PoolBudgetTest" && number == 3) ? "one session serves a whole cart" : "case \(number)"
                    let seconds = "0.0\(padded(10 + chance.below(80), 2))"
                    cases += "    <testcase classname=\"com.shop.checkout.\(suite)\" name=\"\(name)\" time=\"\(seconds)\""
                    if red {
                        cases +=
                            ">\n      <failure type=\"AssertionError\" message=\"expected at most 1 session, got 6\">java.lang.AssertionError: expected at most 1 session, got 6\n\tat com.shop.checkout.PoolBudgetTest.oneSessionServesAWholeCart(PoolBudgetTest.java:52)\n\tat com.shop.checkout.CartSession.openPerLine(CartSession.java:72)</failure>\n    </testcase>\n"
                    } else {
                        cases += "/>\n"
                    }
                }
            }
            let text = """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuites>
                  <testsuite name="checkout" tests="40" failures="\(broken ? 1 : 0)" errors="0" skipped="0" timestamp="\(at.rfc3339.dropLast())" time="1.9">
                \(cases)  </testsuite>
                </testsuites>

                """
            return StoryFile(path: "tests/build-\(8_801 + run).xml", text: text, modifiedAt: at)
        }
    }

    /// The moment the guilty commit was merged.
    package var guiltyMerge: Instant { minutesBeforeEnd(66) }

    func bundle() -> StoryFile {
        let text = """
            # One incident as a folder: `caseboard investigate` reads it without any configuration.
            title: Orders fail in the shop
            window:
              from: \(start.rfc3339)
              to: \(end.rfc3339)
            environment: production
            services:
            \(Story.services.map { "  - name: \($0)" }.joined(separator: "\n"))

            """
        return StoryFile(path: "bundle.yaml", text: text, modifiedAt: start)
    }

    /// What customers told support.
    func reports() -> StoryFile {
        let at = poolExhausted + 260_000
        let text =
            "{\"time\":\"\(at.rfc3339)\",\"title\":\"Cannot pay, the wheel keeps spinning\",\"text\":\"Three customers say that checkout hangs and then answers with an error. Carts are kept.\",\"service\":\"checkout\"}\n"
        return StoryFile(path: "reports/tickets.json", text: text, modifiedAt: at)
    }
}
