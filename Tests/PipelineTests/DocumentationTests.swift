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

    @Test func `every kind of source and each of its settings is documented`() throws {
        let text = try document("docs/connectors.md")
        for connector in ConnectorCatalog.all {
            let descriptor = connector.descriptor
            let row = text.split(separator: "\n").first { $0.hasPrefix("| `\(descriptor.kind)` |") }
            #expect(row != nil, "docs/connectors.md forgets `\(descriptor.kind)`")
            let isHTTP = descriptor.settings.contains { $0.name == "url" }
            for setting in descriptor.settings where !isHTTP || !ConnectorCatalog.httpSettings.contains(setting) {
                #expect(row?.contains("`\(setting.name)`") == true, "\(descriptor.kind) forgets `\(setting.name)`")
            }
        }
    }

    @Test func `the settings of every kind that asks over HTTP stand in the documentation as they are`() throws {
        let text = try document("docs/connectors.md")
        for setting in ConnectorCatalog.httpSettings {
            let row = "| `\(setting.name)` | \(setting.kind.words) | \(setting.usual) | \(setting.summary) |"
            #expect(text.contains("\n\(row)\n"), "docs/connectors.md should have the line\n\(row)")
        }
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
