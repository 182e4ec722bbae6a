import Foundation
import LabelledCases

/// Writes labelled cases of our own making, a set for each family of faults, `DIR/<family>/<case>/{bundle, quiet, truth.json}`, and one
/// for each family of guilty commits, `DIR/commit_<family>/…`, whose bundles have repositories.
enum GenerateCases {
    static func run(_ arguments: [String]) async throws {
        func number(_ name: String, usual: UInt64) -> UInt64 {
            guard let place = arguments.firstIndex(of: name), arguments.indices.contains(place + 1) else { return usual }
            return UInt64(arguments[place + 1]) ?? usual
        }
        let root = URL(filePath: arguments[0])
        let seed = number("--seed", usual: 1)
        let count = min(10_000, number("--count", usual: 10))
        for family in FaultFamily.allCases {
            for offset in 0..<count {
                let made = CaseMaker.make(family, seed: seed &+ offset)
                for (path, text) in made.files {
                    let file = root.appending(path: "\(family.rawValue)/\(made.name)/\(path)")
                    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try Data(text.utf8).write(to: file)
                }
            }
        }
        for family in GuiltFamily.allCases {
            for offset in 0..<count {
                let made = GuiltyRepository.make(family, seed: seed &+ offset)
                let folder = root.appending(path: "commit_\(family.rawValue)/\(made.name)")
                if FileManager.default.fileExists(atPath: folder.path(percentEncoded: false)) {
                    try FileManager.default.removeItem(at: folder)
                }
                try await RepositoryWriter.write(made, to: folder)
            }
        }
        print("\(Int(count) * (FaultFamily.allCases.count + GuiltFamily.allCases.count)) cases in \(root.path(percentEncoded: false))")
    }
}
