import Foundation
import Model
import TestKit
import Testing

@testable import Rendering

@Suite struct AtomFeedTests {
    private func feed(_ items: [Investigation], base: String? = "https://cases.example") -> String {
        String(decoding: AtomFeed.investigations(items, title: "shop", asOf: CaseFixture.asOf, baseURL: base), as: UTF8.self)
    }

    @Test func `the feed is as agreed`() throws {
        try Golden.expect(feed([CaseFixture.bare.investigation, CaseFixture.investigation]), matches: "feed.xml", in: "RenderingTests")
    }

    @Test func `deleted and merged investigations are not in it`() {
        var (deleted, merged) = (CaseFixture.investigation, CaseFixture.investigation)
        deleted.isDeleted = true
        merged.mergedInto = 3
        #expect(!feed([deleted, merged]).contains("<entry>"))
    }

    @Test(arguments: CaseFixture.hostileTexts) func `a hostile text adds no element`(_ text: String) {
        let calm = MarkupReader(feed([CaseFixture.hostile("calm").investigation], base: text))
        let hostile = MarkupReader(feed([CaseFixture.hostile(text).investigation], base: text))
        #expect(hostile.elements.map(\.name) == calm.elements.map(\.name))
        #expect(hostile.dangers.filter { $0 != "comment or declaration" } == [])
    }
}
