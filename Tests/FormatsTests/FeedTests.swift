import Formats
import Model
import Testing

@Suite struct FeedTests {
    private func read(_ text: String) -> Reading { StructuredSample.read(text) { FeedReader.read($0, from: $1) } }
    private func item(_ inner: String) -> Event? { read("<rss version='2.0'><channel>\(inner)</channel></rss>").events.first }

    @Test func `a resolved incident is an outage with its end`() throws {
        let reading = read(StructuredSample.atom)
        #expect(reading.rejections.isEmpty)
        let outage = try #require(reading.events.first)
        #expect(outage.type == .providerOutage)
        #expect(outage.role == .signal)
        #expect(outage.occurredAt == Instant(rfc3339: "2026-11-22T14:01:00Z"))
        #expect(outage.endedAt == Instant(rfc3339: "2026-11-22T14:50:00Z"))
        #expect(outage.text(EventAttribute.status) == "resolved")
        #expect(outage.severity == .high)
        #expect(outage.url == "https://status.example.net/incidents/7")
        #expect(outage.body == "Resolved - This incident has been resolved.\n\nInvestigating - We are looking & waiting.")
        #expect(outage.sourceID == "tag:status.example.net,2026:Incident/7")
    }

    @Test func `any other entry is context, without its dangerous link`() throws {
        let entry = try #require(read(StructuredSample.atom).events.last)
        #expect(entry.type == .feedEntry)
        #expect(entry.role == .context)
        #expect(entry.url == nil)
        #expect(entry.body == "Hello <b>")
        #expect(entry.occurredAt == Instant(rfc3339: "2026-11-20T09:00:00Z"))
    }

    @Test func `an update of an entry keeps its fingerprint`() throws {
        let later = StructuredSample.atom.replacing("Resolved&lt;/strong&gt; - This", with: "Monitoring&lt;/strong&gt; - This")
        let first = try #require(read(StructuredSample.atom).events.first)
        let second = try #require(read(later).events.first)
        #expect(first.fingerprint == second.fingerprint)
        #expect(second.text(EventAttribute.status) == "monitoring")
        #expect(second.endedAt == nil)
    }

    @Test(arguments: [
        ("Major outage in eu-west", "", "provider_outage", "critical"),
        ("API", "Investigating - elevated error rates", "provider_outage", "high"),
        ("Degraded performance of search", "", "provider_outage", "medium"),
        ("Scheduled maintenance of the database", "Scheduled - we will", "feed_entry", "info"),
        ("Release 2.3", "Resolved: a typo", "feed_entry", "info"), ("Coincidental findings", "", "feed_entry", "info"),
    ])
    func `titles and status lines tell outages from news`(title: String, text: String, type: String, severity: String) {
        let event = item("<item><guid>1</guid><title>\(title)</title><description>\(text)</description></item>")
        #expect(event?.type.rawValue == type)
        #expect(event?.severity.rawValue == severity)
    }

    @Test(arguments: [
        ("Sun, 22 Nov 2026 14:04:12 GMT", "2026-11-22T14:04:12Z"), ("Sun, 22 Nov 2026 14:04:12 +0200", "2026-11-22T12:04:12Z"),
        ("22 Nov 26 14:04 EST", "2026-11-22T19:04:00Z"), ("Sunday, 22-Nov-26 14:04:12 UTC", "2026-11-22T14:04:12Z"),
        ("Sun Nov 22 14:04:12 2026", "2026-11-22T14:04:12Z"), ("22 November 2026", "2026-11-22T00:00:00Z"),
        ("Sun (a (nested) remark), 22 Nov 2026 14:04:12 -05:00", "2026-11-22T19:04:12Z"),
        ("2026-11-22T14:04:12.5+01:00", "2026-11-22T13:04:12.500Z"),
        ("2026-11", "2026-11-01T00:00:00Z"), ("2026", "2026-01-01T00:00:00Z"), ("Fri, 01 Dec 1995 10:00:00 PST", "1995-12-01T18:00:00Z"),
    ])
    func `dates of all feeds are read`(text: String, expected: String) {
        #expect(item("<item><guid>1</guid><pubDate>\(text)</pubDate></item>")?.occurredAt.rfc3339 == expected)
    }

    @Test(arguments: ["yesterday", "32 Nov 2026", "30 Feb 2026 10:00", "", "22 Nov 2026 25:00", "99999999999999999999"])
    func `a date that says nothing leaves the document's time`(text: String) {
        #expect(item("<item><guid>1</guid><pubDate>\(text)</pubDate></item>")?.occurredAt == StructuredSample.fallback)
    }

    @Test(arguments: [
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
            + "<channel/><item rdf:about='x'><title>T</title><link>https://e.net/1</link><dc:date>2026-11-22T14:00:00Z</dc:date></item></rdf:RDF>",
        "<rss version='0.91'><channel><item><title>T</title><link>https://e.net/1</link><pubDate>Sun, 22 Nov 2026 14:00:00 GMT</pubDate></item></channel></rss>",
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title>T</title><link rel='alternate' href='https://e.net/1'/><issued>2026-11-22T14:00:00Z</issued></entry></feed>",
        "<entry xmlns='http://www.w3.org/2005/Atom'><title>T</title><link href='https://e.net/1'/><updated>2026-11-22T14:00:00Z</updated></entry>",
    ])
    func `every dialect gives the same fact`(text: String) {
        let event = read(text).events.first
        #expect(event?.title == "T")
        #expect(event?.url == "https://e.net/1")
        #expect(event?.occurredAt == Instant(rfc3339: "2026-11-22T14:00:00Z"))
    }

    @Test func `HTML becomes plain text`() {
        let html =
            "&lt;script&gt;alert(1)&lt;/script&gt;&lt;p&gt;a &amp;amp; b &amp;lt;c&amp;gt; &amp;#8217;&amp;nbsp;d&lt;br/&gt;1 &lt; 2&lt;!-- no --&gt;&lt;/p&gt;"
        #expect(item("<item><guid>1</guid><description>\(html)</description></item>")?.body == "a & b <c> ’ d\n1 < 2")
    }

    @Test func `inline XHTML becomes plain text`() {
        let text =
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
            + "<p>One <b>two</b></p><p>three</p></div></content></entry></feed>"
        #expect(read(text).events.first?.body == "One two\nthree")
    }

    @Test(arguments: [
        ("<html/>", "an HTML page"), ("<opml/>", "`<opml>`"),
        ("<rss><channel><item><x/></item></channel></rss>", "no id, link, title or text"),
        ("<!DOCTYPE rss><rss/>", "document type"), ("<feed><entry>", "cut off"),
    ])
    func `what is no feed or no entry is refused with a reason`(text: String, reason: String) {
        #expect(read(text).events.isEmpty)
        #expect(read(text).rejections.first?.reason.contains(reason) == true, "\(read(text).rejections)")
    }
}
