import Foundation
import Model
import TestKit
import Testing

@testable import Rendering

@Suite struct FeedTests {
    private static let items = [
        FeedItem(CaseFixture.bare.investigation, changedAt: CaseFixture.at(13, 0)),
        FeedItem(CaseFixture.investigation, changedAt: CaseFixture.asOf),
    ]
    private func atom(_ items: [FeedItem] = items, service: String? = nil, base: String? = "https://cases.example/") -> String {
        String(
            decoding: AtomFeed.render(items, site: FeedSite(title: "shop", service: service, baseURL: base), asOf: CaseFixture.asOf),
            as: UTF8.self)
    }

    @Test func `the feed is as agreed`() throws { try Golden.expect(atom(), matches: "feed.xml", in: "RenderingTests") }
    @Test func `the JSON feed is as agreed`() throws {
        let feed = JSONFeed.render(Self.items, site: FeedSite(title: "shop", baseURL: "https://cases.example"))
        try Golden.expect(feed.prettyText + "\n", matches: "feed.json", in: "RenderingTests")
    }
    @Test func `the sitemap is as agreed`() throws {
        let map = Sitemap.render(APIFixture.entries, baseURL: "https://cases.example/on?a&b")
        try Golden.expect(String(decoding: map, as: UTF8.self), matches: "sitemap.xml", in: "RenderingTests")
    }

    @Test func `without a base URL links lead from the feed to the page`() {
        #expect(atom(base: nil).contains("href=\"../investigations/42/index.html\""))
        #expect(atom(service: "checkout", base: nil).contains("href=\"../../investigations/42/index.html\""))
        #expect(!atom(base: nil).contains("rel=\"self\""))
    }

    @Test func `an investigation has one id in every feed and wherever the site is put`() {
        func ids(_ feed: String) -> [String] { feed.matches(of: /<entry>\n.*\n<id>(.*)<\/id>/).map { String($0.1) } }
        #expect(ids(atom()) == ["urn:caseboard:case_0001", "urn:caseboard:\(CaseFixture.bare.investigation.key)"])
        #expect(ids(atom()) == ids(atom(service: "checkout", base: nil)))
    }

    @Test func `deleted and merged investigations are not in it`() {
        var (deleted, merged) = (CaseFixture.investigation, CaseFixture.investigation)
        deleted.isDeleted = true
        merged.mergedInto = 3
        #expect(!atom([deleted, merged].map { FeedItem($0, changedAt: CaseFixture.asOf) }).contains("<entry>"))
    }

    @Test(arguments: CaseFixture.hostileTexts) func `a hostile text adds no element`(_ text: String) {
        func feed(_ text: String) -> MarkupReader {
            MarkupReader(atom([FeedItem(CaseFixture.hostile(text).investigation, changedAt: CaseFixture.asOf)], base: text))
        }
        #expect(feed(text).elements.map(\.name).filter { $0 != "link" } == feed("calm").elements.map(\.name).filter { $0 != "link" })
        #expect(feed(text).dangers.filter { $0 != "comment or declaration" } == [])
    }
}
