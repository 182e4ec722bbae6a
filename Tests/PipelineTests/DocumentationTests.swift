import Connectors
import Delivery
import Foundation
import Model
import TestKit
import Testing

@testable import Pipeline

/// A document that a test can check, a test checks.
@Suite struct DocumentationTests {
    private func document(_ path: String) throws -> String {
        try String(contentsOf: Checkout.root.appending(path: path), encoding: .utf8)
    }

    @Test func `every kind of source is documented`() throws {
        let text = try document("docs/connectors.md")
        for kind in ConnectorCatalog.all.map({ $0.descriptor.kind }) {
            #expect(text.contains("\n| [`\(kind)`](sources.md#\(kind)) | "), "docs/connectors.md forgets `\(kind)`")
        }
    }

    @Test func `the settings of all sources stand in the documentation as they are`() throws {
        try Golden.expect(SourceKinds.reference, document: "docs/sources.md")
    }

    @Test func `the sample of every kind of source can be used as it is`() throws {
        for connector in ConnectorCatalog.all {
            let entry = connector.descriptor.sample.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
            let configuration = try ConfigurationReader.read(text: "sources:\n  - name: s\n\(entry)\n", file: "caseboard.yaml")
            let workspace = Workspace(root: FileManager.default.temporaryDirectory)
            #expect(try ConfigurationBinding(configuration, workspace: workspace).connectors().count == 2, "\(connector.descriptor.kind)")
        }
    }

    @Test func `every channel and each of its settings is documented`() throws {
        let text = try document("docs/configuration.md")
        for channel in ChannelCatalog.all {
            let descriptor = channel.descriptor
            #expect(text.contains("`\(descriptor.kind)`"))
            for setting in descriptor.settings {
                #expect(text.contains("`\(setting.name)`"), "\(descriptor.kind) forgets `\(setting.name)`")
            }
        }
    }

    @Test func `every document the README names is there`() throws {
        let text = try document("README.md")
        let links = text.matches(of: /\]\(([\w\/.]+)\)/).map { String($0.1) }
        #expect(links.count > 8)
        for link in links {
            #expect(FileManager.default.fileExists(atPath: Checkout.root.appending(path: link).path(percentEncoded: false)), "\(link)")
        }
    }
}
