import Model

/// What a stack trace says about whose code failed.
enum CodeBlame {
    /// Frames of runtimes, package folders and test frameworks are not the users' code.
    static func isLibrary(_ frame: StackFrame) -> Bool {
        let file = frame.file
        if libraryFolders.contains(where: { file.contains($0) }) || file.hasPrefix("<") || file.hasPrefix("node:")
            || file.hasPrefix("internal/")
        {
            return true
        }
        return libraryPackages.contains { frame.function.hasPrefix($0) }
    }
    private static let libraryFolders = [
        "node_modules/", "site-packages/", "dist-packages/", "/usr/lib/", "/usr/local/lib/", "/usr/local/go/src/", "/go/pkg/mod/",
        "/.cargo/",
        "/rustc/", "/vendor/", "lib/python", "/.gem/", "/gems/",
    ]
    private static let libraryPackages = [
        "java.", "javax.", "jdk.", "sun.", "com.sun.", "scala.", "kotlin.", "groovy.", "jakarta.", "junit.", "org.junit.", "org.mockito.",
        "org.testng.", "org.apache.maven.", "org.gradle.", "System.", "Microsoft.", "runtime.", "testing.", "net/http.", "unittest.",
        "pytest.",
    ]

    /// The last two parts of a path: enough to know a file again on another machine.
    static func tail(of path: String) -> String {
        let parts = path.split(whereSeparator: { $0 == "/" || $0 == "\\" })
        return parts.suffix(2).joined(separator: "/")
    }
    /// The file's name without its folders: what a sentence has room for; the whole path stands with the commit.
    static func name(of path: String) -> String {
        String(path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? "")
    }
    /// The file's name without folder and extension.
    static func stem(of path: String) -> String {
        let name = path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
        return String(name.split(separator: ".", omittingEmptySubsequences: true).first ?? name)
    }
    static func isTest(_ frame: StackFrame) -> Bool {
        let name = frame.file.lowercased()
        return name.contains("test") || name.contains("spec.") || name.contains("spec/")
    }

    /// The class a frame names (`org.x.Order.place` → `org.x.Order`), or the file when the function has no class.
    static func className(of frame: StackFrame) -> String {
        var parts = frame.function.split(separator: ".", omittingEmptySubsequences: true).map(String.init)
        if parts.count >= 2 {
            parts.removeLast()
            if let last = parts.last, let first = last.unicodeScalars.first, first.properties.isUppercase {
                let outer = last.split(separator: "$").first.map(String.init) ?? last
                parts[parts.count - 1] = outer
                return parts.joined(separator: ".")
            }
        }
        return frame.file
    }

    /// The class of a failing test; its suite where no class is known.
    static func testClass(of event: Event) -> String? { event.text(EventAttribute.testClass) ?? event.text(EventAttribute.suite) }

    /// The class a test class is named after: `shop.OrderTest`, `shop.TestOrder` and `shop.OrderTest$Nested` → `shop.Order`; a
    /// module `test_order` or `order_test` → `order`. Nil for a name that says nothing.
    static func classUnderTest(_ test: String) -> String? {
        let outer = test.split(separator: "$", omittingEmptySubsequences: false).first.map(String.init) ?? test
        var parts = outer.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.popLast() else { return nil }
        let isClass = name.unicodeScalars.first.map { $0.properties.isUppercase } ?? false
        for ending in isClass ? ["TestCase", "Tests", "Test", "Spec", "IT"] : ["_tests", "_test", "_spec"]
        where name.hasSuffix(ending) && name.utf8.count > ending.utf8.count {
            return (isClass ? parts + [String(name.dropLast(ending.count))] : [String(name.dropLast(ending.count))]).joined(separator: ".")
        }
        let beginning = isClass ? "Test" : "test_"
        guard name.hasPrefix(beginning), let next = name.dropFirst(beginning.count).unicodeScalars.first,
            !isClass || next.properties.isUppercase
        else { return nil }
        return (isClass ? parts + [String(name.dropFirst(4))] : [String(name.dropFirst(5))]).joined(separator: ".")
    }

    /// True when a frame's file may be this path of the repository: equal names and as many folders as both have, at least.
    static func matches(frameFile: String, path: String) -> Double {
        let frame = frameFile.split(whereSeparator: { $0 == "/" || $0 == "\\" })
        let own = path.split(separator: "/")
        guard let last = frame.last, last == own.last else { return 0 }
        if frame.count == 1 || own.count == 1 { return 0.7 }
        return frame[frame.count - 2] == own[own.count - 2] ? 1 : 0.3
    }
}

/// What changes are called in sentences.
enum ChangeWords {
    /// `the deploy of checkout 4.18.0`
    static func name(of change: Event) -> String {
        let service = change.service
        switch change.type {
        case .deployment:
            let what = Releases.speaksOfRollback(change) ? "rollback" : "deploy"
            let version = change.text(EventAttribute.version) ?? change.commit.map(Phrases.short)
            return (["the \(what)", service.map { "of \($0)" }, version.map { what == "rollback" ? "to \($0)" : $0 }] as [String?])
                .compactMap { $0 }.joined(separator: " ").clipped(to: 120)
        case .commit: return "commit \(Phrases.short(change.commit ?? change.sourceID ?? "")) (\(change.title.clipped(to: 80)))"
        case .flagChange: return "the flag change “\(change.title.clipped(to: 80))”"
        case .configChange: return "the configuration change “\(change.title.clipped(to: 80))”"
        case .migration: return "the migration “\(change.title.clipped(to: 80))”"
        default: return "“\(change.title.clipped(to: 80))”"
        }
    }
    /// As a heading: `Deploy of checkout 4.18.0`.
    static func heading(of change: Event) -> String {
        var name = name(of: change)
        if name.hasPrefix("the ") { name.removeFirst(4) }
        return name.prefix(1).uppercased() + name.dropFirst()
    }
}
