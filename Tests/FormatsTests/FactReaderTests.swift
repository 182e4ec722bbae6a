import Formats
import Model
import Testing

@Suite struct AlertmanagerTests {
    private func read(_ text: String) -> Reading { StructuredSample.read(text) { AlertmanagerReader.read($0, from: $1) } }

    @Test func `a firing alert comes out whole`() throws {
        let event = try #require(read(StructuredSample.alertmanager).events.first)
        #expect(event.type == .alert)
        #expect(event.role == .signal)
        #expect(event.title == "checkout answers 5xx")
        #expect(event.body == "more than 5 %")
        #expect(event.service == "checkout")
        #expect(event.host == "checkout-0")
        #expect(event.severity == .critical)
        #expect(event.occurredAt == Instant(rfc3339: "2026-11-22T14:04:00Z"))
        #expect(event.endedAt == nil)
        #expect(event.text(EventAttribute.status) == "firing")
        #expect(event.url == "https://prometheus.example.net/graph")
        #expect(event.sourceID == "abc")
    }

    @Test func `a repetition by another way is the same event`() throws {
        let first = try #require(read(StructuredSample.alertmanager).events.first)
        let again = StructuredSample.alertmanager.replacing("\"receiver\":\"team\"", with: "\"receiver\":\"other\"")
            .replacing("{}:{}", with: "x").replacing("\"endsAt\":\"0001-01-01T00:00:00Z\"", with: "\"endsAt\":\"2026-11-22T14:09:00Z\"")
        #expect(read(again).events == [first])
    }

    @Test func `the end has the fingerprint of the start`() throws {
        let first = try #require(read(StructuredSample.alertmanager).events.first)
        let text = StructuredSample.alertmanager.replacing("\"firing\"", with: "\"resolved\"")
            .replacing("0001-01-01T00:00:00Z", with: "2026-11-22T14:30:00Z")
        let resolved = try #require(read(text).events.first)
        #expect(resolved.fingerprint == first.fingerprint)
        #expect(resolved.id != first.id)
        #expect(resolved.endedAt == Instant(rfc3339: "2026-11-22T14:30:00Z"))
        #expect(resolved.text(EventAttribute.status) == "resolved")
    }

    @Test func `another start or other labels are another fact`() {
        let prints = [
            StructuredSample.alertmanager, StructuredSample.alertmanager.replacing("14:04:00", with: "15:04:00"),
            StructuredSample.alertmanager.replacing("checkout-0", with: "checkout-1"),
        ].map { read($0).events.first?.fingerprint }
        #expect(Set(prints).count == 3)
    }

    @Test func `the API's list gives the same fact as the webhook`() {
        let text =
            #"[{"labels":{"alertname":"HighErrorRate","service":"checkout","severity":"critical","instance":"checkout-0"},"annotations":{"summary":"s"},"startsAt":"2026-11-22T14:04:00Z","endsAt":"2026-11-22T15:00:00Z","status":{"state":"active"},"fingerprint":"f"}]"#
        let event = read(text).events.first
        #expect(event?.fingerprint == read(StructuredSample.alertmanager).events.first?.fingerprint)
        #expect(event?.text(EventAttribute.status) == "firing")
        #expect(event?.endedAt == nil)
    }

    private func read(_ text: String, knowing first: Reading) -> Reading {
        var document = StructuredSample.document()
        document.known = Set(first.objects)
        return Array(text.utf8).withUnsafeBytes { AlertmanagerReader.read($0, from: document) }
    }

    @Test func `an alert that is known is passed over, whoever delivers it`() {
        let first = read(StructuredSample.alertmanager)
        let again = StructuredSample.alertmanager.replacing("\"receiver\":\"team\"", with: "\"receiver\":\"other\"")
        #expect(first.events.count == 1 && first.objects.count == 1)
        #expect(read(again, knowing: first).events.isEmpty)
    }

    @Test func `a line that is known is passed over, in the same document too`() {
        let twice = StructuredSample.alertmanager + "\n" + StructuredSample.alertmanager
        let first = read(twice)
        #expect(first.events.count == 1 && first.objects.count == 2)
        #expect(read(twice + "\n{", knowing: first).events.isEmpty)
        #expect(read(twice + "\n{", knowing: first).rejections.map(\.line) == [3])
    }

    @Test(arguments: [
        #"{"alerts":[{"labels":{"alertname":"A"},"startsAt":"2026-11-22T14:04:00Z"},7]}"#,
        #"{"title":"it is down","time":"2026-11-22T14:04:00Z"}"#,
    ])
    func `a line with anything else than alerts in it is read each time`(line: String) {
        let first = read(line + "\n" + StructuredSample.alertmanager)
        let again = read(line + "\n" + StructuredSample.alertmanager, knowing: first)
        #expect(again.rejections == first.rejections)
        #expect(again.events == (first.rejections.isEmpty ? Array(first.events.prefix(1)) : []))
    }

    @Test func `a line that is known is read where it is part of a larger document`() {
        let alert = #"{"labels":{"alertname":"A"},"startsAt":"2026-11-22T14:04:00Z"}"#
        let first = read(alert + "\n" + alert.replacing("\"A\"", with: "\"B\""))
        let list = "[\n" + alert + "\n,\n" + alert.replacing("\"A\"", with: "\"C\"") + "\n]"
        #expect(read(list, knowing: first).rejections.isEmpty)
        #expect(read(list, knowing: first).events.map(\.title) == ["C"])
    }

    @Test func `the end of an alert that is known is read`() {
        let text = StructuredSample.alertmanager.replacing("\"firing\"", with: "\"resolved\"")
            .replacing("0001-01-01T00:00:00Z", with: "2026-11-22T14:30:00Z")
        #expect(read(text, knowing: read(StructuredSample.alertmanager)).events == read(text).events)
    }

    @Test func `what was refused is refused again`() {
        let text = StructuredSample.alertmanager.replacing("\"alerts\":[", with: "\"alerts\":[{\"status\":\"firing\"},7,")
        let first = read(text)
        #expect(first.rejections.count == 2 && read(text, knowing: first).rejections == first.rejections)
    }

    @Test func `one bad alert of a group costs one rejection`() {
        let text = StructuredSample.alertmanager.replacing(
            "\"alerts\":[", with: "\"alerts\":[{\"status\":\"firing\"},7,{\"labels\":{\"a\":\"b\"},\"startsAt\":\"soon\"},")
        #expect(read(text).events.count == 1)
        #expect(read(text).rejections.count == 3)
    }

    @Test func `PagerDuty's webhooks of both versions are read`() {
        let three =
            #"{"event":{"id":"e","event_type":"incident.resolved","occurred_at":"2026-11-22T14:30:00Z","data":{"id":"P1","type":"incident","title":"Checkout down","status":"resolved","created_at":"2026-11-22T14:04:00Z","urgency":"high","service":{"summary":"checkout"},"html_url":"https://p.example.net/P1"}}}"#
        let two =
            #"{"messages":[{"event":"incident.trigger","created_on":"2026-11-22T14:04:01Z","incident":{"id":"P1","title":"Checkout down","status":"triggered","created_at":"2026-11-22T14:04:00Z","urgency":"high","service":{"name":"checkout"}}}]}"#
        let resolved = read(three).events.first
        let triggered = read(two).events.first
        #expect(resolved?.fingerprint == triggered?.fingerprint)
        #expect(resolved?.endedAt == Instant(rfc3339: "2026-11-22T14:30:00Z"))
        #expect(triggered?.severity == .high)
        #expect(triggered?.service == "checkout")
    }

    @Test func `a resolve sent to PagerDuty ends its trigger`() throws {
        let text =
            #"{"event_action":"trigger","dedup_key":"k","payload":{"summary":"disk full","source":"db-1","severity":"warning","timestamp":"2026-11-22T14:00:00Z"}}"#
            + "\n" + #"{"event_action":"resolve","dedup_key":"k","payload":{"timestamp":"2026-11-22T14:10:00Z"}}"# + "\n"
            + #"{"event_action":"resolve","dedup_key":"other"}"#
        let reading = read(text)
        let event = try #require(reading.events.first)
        #expect(reading.events.count == 1)
        #expect(event.endedAt == Instant(rfc3339: "2026-11-22T14:10:00Z"))
        #expect(event.id == event.contentID())
        #expect(event.severity == .medium)
        #expect(reading.rejections.map(\.line) == [3])
    }

    @Test(arguments: [
        (#"{"time":"2026-11-22T14:00:00Z","title":"Down","service":"s","severity":"p1"}"#, "Down s critical"),
        (#"{"timestamp":1763820252,"summary":"Down","app":"s","priority":"low"}"#, "Down s low"),
        (#"{"startsAt":"2026-11-22T14:00:00Z","alertname":"Down","labels":{"service":"s","severity":"major"}}"#, "Down s high"),
    ])
    func `plain objects are read by their usual names`(text: String, expected: String) {
        #expect(
            read(text).events.map { "\($0.title) \($0.service ?? "") \($0.severity.rawValue)" } == [expected], "\(read(text).rejections)")
    }

    @Test(arguments: [
        (#"{"ALERTS":{"event":"DOWN"}}"#, "not an alert format"), (#"{"title":"x"}"#, "no time"), ("[1]", "not an object"),
        ("{", "not JSON"),
        (#"{"title":"x","time":"soon"}"#, "no time"),
    ])
    func `other shapes are refused with a remedy`(text: String, reason: String) {
        #expect(read(text).events.isEmpty)
        #expect(read(text).rejections.first?.reason.contains(reason) == true, "\(read(text).rejections)")
    }

    @Test func `links with other schemes and terminal escapes do not pass`() throws {
        let text = StructuredSample.alertmanager.replacing("https://prometheus.example.net/graph", with: "javascript:alert(1)")
            .replacing("checkout answers 5xx", with: "a\\u001b[31mb\\u202ec")
        let event = try #require(read(text).events.first)
        #expect(event.url == nil)
        #expect(event.title == "a [31mb c")
    }
}

@Suite struct CloudEventsTests {
    private func read(_ text: String) -> Reading { StructuredSample.read(text) { CloudEventsReader.read($0, from: $1) } }

    @Test func `a CloudEvent of a deployment comes out whole`() throws {
        let event = try #require(read(StructuredSample.cloudEvent).events.first)
        #expect(event.type == .deployment)
        #expect(event.source == .deploys)
        #expect(event.role == .change)
        #expect(event.title == "deployed checkout v42")
        #expect(event.occurredAt == Instant(rfc3339: "2026-11-22T14:00:00Z"))
        #expect(event.commit == "0123abcd4567")
        #expect(event.text(EventAttribute.version) == "v42")
        #expect(event.text(EventAttribute.previousCommit) == "89abcdef0123")
        #expect(event.attributes["canary"] == true)
        #expect(event.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(event.sourceID == "42")
    }

    @Test func `the same id from the same source is the same fact`() {
        let other = StructuredSample.cloudEvent.replacing("canary\":true", with: "canary\":false")
        #expect(read(other).events.first?.fingerprint == read(StructuredSample.cloudEvent).events.first?.fingerprint)
        let elsewhere = StructuredSample.cloudEvent.replacing("ci.example.net", with: "cd.example.net")
        #expect(read(elsewhere).events.first?.fingerprint != read(StructuredSample.cloudEvent).events.first?.fingerprint)
    }

    @Test(arguments: [
        ("com.example.deployment", "deployment", "change"), ("caseboard.flag-change", "flag_change", "change"),
        ("dev.cdevents.service.deployed.0.1.1", "deployment", "change"),
        ("org.acme.commit.created", "commit", "change"), ("com.acme.Coffee Made", "com.acme.coffee_made", "context"),
    ])
    func `the last part that is a known type decides`(given: String, type: String, role: String) {
        let event = read(
            #"{"specversion":"1.0","id":"1","source":"s","type":"\#(given)","time":"2026-11-22T14:00:00Z","data":{"title":"t"}}"#
        ).events.first
        #expect(event?.type.rawValue == type)
        #expect(event?.role.rawValue == role)
    }

    @Test func `our own fields are taken and unknown ones become attributes`() throws {
        let text =
            #"{"occurred_at":"2026-11-22T14:00:00Z","title":"Cache flushed","source":"manual","type":"note","role":"change","severity":"high","body":"by hand","service":"cart","component":"cache","environment":"prod","host":"h1","tags":["a","b"],"attributes":{"x":1},"source_id":"n1","url":"https://e.net/1","trace_id":"5B8EFFF798038103D269B633813FC60C","commit":"0123abcd","mood":"bad"}"#
        let event = try #require(read(text).events.first)
        #expect(
            [event.title, event.body, event.service, event.component, event.environment, event.host] == [
                "Cache flushed", "by hand", "cart", "cache", "prod", "h1",
            ])
        #expect(event.role == .change)
        #expect(event.severity == .high)
        #expect(event.tags == ["a", "b"])
        #expect(event.attributes == ["x": 1, "mood": "bad"])
        #expect(event.traceID == "5b8efff798038103d269b633813fc60c")
        #expect(event.url == "https://e.net/1")
        #expect(event.origin == "test")
    }

    @Test(arguments: [
        (#"{"time":"2026-11-22T14:00:00Z"}"#, "no title"), (#"{"title":"x"}"#, "no time"), (#"{"specversion":"1.0","type":"x"}"#, "`id`"),
        (#"{"specversion":"1.0","id":"1","source":"s","type":"deployment","time":"2026-11-22T14:00:00Z"}"#, "no title"),
        ("7", "not an object"),
    ])
    func `what is missing is named with its remedy`(text: String, reason: String) {
        #expect(read(text).events.isEmpty)
        #expect(read(text).rejections.first?.reason.contains(reason) == true, "\(read(text).rejections)")
    }

    @Test func `a file of lines keeps the good ones`() {
        let reading = read(StructuredSample.cloudEvent + "\n{oops\n" + #"{"time":1763820252,"title":"t"}"# + "\n")
        #expect(reading.events.map(\.type) == [.deployment, .note])
        #expect(reading.rejections.map(\.line) == [2])
    }

    @Test func `attributes are bounded and say what was left out`() throws {
        let big = String(repeating: "x", count: Limits.attributesBytes)
        let event = try #require(read(#"{"time":1763820252,"title":"t","aaa":1,"big":"\#(big)","zzz":2}"#).events.first)
        #expect(event.attributes == ["aaa": 1, "zzz": 2, "left_out": ["big"]])
    }
}

@Suite struct GitLogTests {
    private func read(_ text: String) -> Reading { StructuredSample.read(text) { GitLogReader.read($0, from: $1) } }

    @Test func `a commit comes out with files, renames and what it reverts`() throws {
        let event = try #require(read(StructuredSample.gitLog).events.first)
        #expect(event.type == .commit)
        #expect(event.title == "cart: Move prices")
        #expect(event.body == "Why.\n\nThis reverts commit cccccccccccccccccccccccccccccccccccccccc.")
        #expect(event.occurredAt == Instant(ms: 1_763_820_000_000))
        #expect(event.commit == String(repeating: "a", count: 40))
        #expect(
            event.touchedFiles == [
                TouchedFile(path: "new.js", added: 5, deleted: 2), TouchedFile(path: "logo.png", added: -1, deleted: -1),
            ])
        #expect(event.text(EventAttribute.reverts) == String(repeating: "c", count: 40))
        #expect(event.text(EventAttribute.author) == "Ada")
        #expect(event.attributes[EventAttribute.isMerge] == false)
        #expect(event.attributes["insertions"] == 5)
        #expect(event.attributes["authored_at"] == 1_763_810_000_000)
    }

    @Test func `a merge knows its parents and touches no files`() throws {
        let event = try #require(read(StructuredSample.gitLog).events.last)
        #expect(event.attributes[EventAttribute.isMerge] == true)
        #expect(event.attributes[EventAttribute.parents]?.arrayValue?.count == 2)
        #expect(event.touchedFiles.isEmpty)
    }

    @Test func `messages may hold anything but NUL`() throws {
        var bytes = Array(StructuredSample.gitLog.replacing("Why.", with: "\u{1}commit\n5\t2\tfake\n\u{1b}[31m").utf8)
        bytes.replace(Array("Ada".utf8), with: [0xFF, 0x41])
        let reading = bytes.withUnsafeBytes { GitLogReader.read($0, from: StructuredSample.document()) }
        let event = try #require(reading.events.first)
        #expect(reading.events.count == 2)
        #expect(reading.rejections.isEmpty)
        #expect(event.touchedFiles.count == 2)
        #expect(event.text(EventAttribute.author) == "\u{FFFD}A")
        #expect(event.body.contains("fake"))
        #expect(!event.body.contains("\u{1b}"))
    }

    @Test func `more files than the limit are counted and not listed`() throws {
        let files = (0..<Limits.filesPerCommit + 7).map { "1\t1\tf\($0)\0" }.joined()
        let event = try #require(read(StructuredSample.gitLog.replacing("-\t-\tlogo.png\0", with: files)).events.first)
        #expect(event.touchedFiles.count == Limits.filesPerCommit)
        #expect(event.attributes["unlisted_files"] == 8)
    }

    @Test func `a log cut off keeps the commits before the cut`() {
        let cut = String(StructuredSample.gitLog.dropLast(60))
        let reading = read(cut)
        #expect(reading.events.count == 1)
        #expect(reading.rejections.first?.reason.contains("cut off") == true)
        #expect(read("garbage").rejections.count == 1)
    }

    @Test func `tags point at their commits`() {
        let a = String(repeating: "a", count: 40)
        let b = String(repeating: "b", count: 40)
        let text = "v1.0\0commit\0\(a)\0\01763820000\0Subject of the commit\nv2.0\0tag\0\(b)\0\(a)\01763820100\0Second release\nbroken\n"
        let reading = StructuredSample.read(text) { GitLogReader.readTags($0, from: $1) }
        #expect(
            reading.events.map { "\($0.title) \($0.commit?.prefix(2) ?? "") \($0.body)" } == [
                "tagged v1.0 aa ", "tagged v2.0 aa Second release",
            ])
        #expect(reading.events.allSatisfy { $0.type == .tag && $0.role == .change })
        #expect(reading.rejections.map(\.line) == [3])
    }
}

@Suite struct ChangeLinesTests {
    private func read(_ text: String) -> Reading { StructuredSample.read(text) { ChangeLinesReader.read($0, from: $1) } }

    @Test func `a commit is the same fact as from git`() throws {
        let event = try #require(read(StructuredSample.commitLine).events.first)
        let sha = "0123456789abcdef0123456789abcdef01234567"
        let log = "\u{1}commit\0\(sha)\0\0Ada\01763816400\01763820000\0cart: Cache prices\0\0\03\t1\tsrc/cart.js\0-\t-\tlogo.png\0"
        let fromGit = try #require(StructuredSample.read(log) { GitLogReader.read($0, from: $1) }.events.first)
        #expect(event.fingerprint == fromGit.fingerprint)
        #expect(event.touchedFiles == fromGit.touchedFiles)
        #expect(event.occurredAt == fromGit.occurredAt)
        #expect(event.text(EventAttribute.reverts) == "89abcdef0123456789abcdef0123456789abcdef")
    }

    @Test(arguments: [
        (#"{"type":"deployment","time":1763820000,"service":"cart","version":"v2","commit":"0123abcd"}"#, "deployment", "deployed cart v2"),
        (#"{"deployment":{"service":"cart","version":"v2","time":1763820000}}"#, "deployment", "deployed cart v2"),
        (
            #"{"flag":"fast-path","from":false,"to":true,"time":1763820000,"service":"cart"}"#, "flag_change",
            "changed the flag fast-path: false → true"
        ),
        (#"{"service":"cart","version":"v2","time":1763820000}"#, "deployment", "deployed cart v2"),
    ])
    func `deployments and flags are read in all their shapes`(text: String, type: String, title: String) {
        let event = read(text).events.first
        #expect(event?.type.rawValue == type, "\(read(text).rejections)")
        #expect(event?.title == title)
        #expect(event?.role == .change)
    }

    @Test func `bad lines are refused and the others stay`() {
        let reading = read(
            #"{"sha":"xyz","commit_time":1}"# + "\n" + StructuredSample.commitLine + "\n" + #"{"sha":"0123abcd"}"# + "\n"
                + StructuredSample.cloudEvent)
        #expect(reading.events.map(\.type) == [.commit, .deployment])
        #expect(reading.rejections.map(\.line) == [1, 3])
    }
}

@Suite struct ReportLinesTests {
    private func read(_ text: String) -> Reading { StructuredSample.read(text) { ReportLinesReader.read($0, from: $1) } }

    @Test func `a report is a signal from a ticket`() throws {
        let event = try #require(read(StructuredSample.report).events.first)
        #expect(event.type == .report)
        #expect(event.source == .tickets)
        #expect(event.role == .signal)
        #expect(event.title == "Cannot pay")
        #expect(event.body == "The page says 503.")
        #expect(event.sourceID == "SHOP-1")
    }

    @Test func `the first line is the title when there is none, and no time is refused`() {
        #expect(read(#"{"time":1763820000,"text":"one\ntwo"}"#).events.first?.title == "one")
        #expect(read(#"[{"text":"x"},{"time":1}]"#).rejections.map(\.reason).map { $0.contains("no `time`") } == [true, false])
    }
}
