import Model

/// Leaves united into templates: a pure function of the *set* of leaves. Two leaves are one template when there is evidence
/// that they differ in a value only: enough distinct values in one place, the same words around differently shaped values,
/// or a pattern opened by others that covers them. Split by default, united on evidence.
///
/// The id of a template is the smallest leaf id of its union. When a later leaf unites templates, the ids of some leaves
/// change: `changedLeaves(since:)` says which, so that the signals of their days can be derived anew.
package struct LogTemplates: Sendable {
    private var templateOfLeaf: [Int64: Int64] = [:]
    private var patterns: [Int64: String] = [:]

    /// Beyond so many leaves each further one (by id) is a template of its own.
    package static let maximumLeaves = 200_000

    package init(leaves: [LogLeaf]) {
        var byID: [Int64: String] = [:]
        for leaf in leaves { byID[leaf.id] = min(byID[leaf.id] ?? leaf.pattern, leaf.pattern) }
        let ids = byID.keys.sorted()
        var merging = TemplateMerging(patterns: ids.prefix(Self.maximumLeaves).map { byID[$0] ?? "" })
        merging.run()
        for union in merging.unions() {
            guard let first = union.members.first else { continue }  // ascending, hence the smallest id
            let template = ids[first]
            for member in union.members { templateOfLeaf[ids[member]] = template }
            patterns[template] = union.pattern
        }
        for id in ids.dropFirst(Self.maximumLeaves) {
            templateOfLeaf[id] = id
            patterns[id] = byID[id]
        }
    }

    /// A leaf that was not among those given is its own template.
    package func template(of leaf: Int64) -> Int64 { templateOfLeaf[leaf] ?? leaf }

    /// The text of a template, parameters as `<*>`; empty for an unknown one.
    package func pattern(of template: Int64) -> String { patterns[template] ?? "" }

    package var count: Int { patterns.count }

    /// The leaves that belong to another template, or have another text, than in `earlier`; sorted.
    package func changedLeaves(since earlier: LogTemplates) -> [Int64] {
        templateOfLeaf.filter { leaf, template in
            earlier.templateOfLeaf[leaf] != template || earlier.patterns[template] != patterns[template]
        }.map(\.key).sorted()
    }
}
