/// One ES module, its import and export statements taken out of the source.
struct ESModule {
    struct Name: Hashable {
        /// As the exporting module calls it (`*` for all, `default`), and as this module does.
        var exported: String
        var local: String
    }
    struct Import {
        var path: String
        var names: [Name]
        var line: Int
    }
    let path: String
    private(set) var imports: [Import] = []
    private(set) var exports: [Name] = []
    /// The source without its imports and without the words `export` and `export default`; lines keep their numbers.
    private(set) var body = ""

    init(path: String, source: String) throws(StitchError) {
        self.path = path
        var scanner = ScriptScanner(module: path, source: Array(source.utf8.filter { $0 != 13 }))
        var out: [UInt8] = []
        var copied = 0
        while let statement = try scanner.nextModuleStatement() {
            out.append(contentsOf: scanner.source[copied..<statement.start])
            let replacement = try take(statement, &scanner)
            out.append(contentsOf: replacement.utf8)
            let removed = scanner.source[statement.start..<scanner.at].count { $0 == 10 }
            let kept = replacement.utf8.count { $0 == 10 }
            out.append(contentsOf: repeatElement(10, count: max(0, removed - kept)))
            copied = scanner.at
        }
        out.append(contentsOf: scanner.source[copied...])
        body = String(decoding: out, as: UTF8.self)
    }

    /// Reads on behind `import` or `export` and returns what takes the statement's place.
    private mutating func take(_ statement: ScriptScanner.Statement, _ scanner: inout ScriptScanner) throws(StitchError) -> String {
        let line = statement.line
        if statement.isImport {
            if let text = scanner.takeString() {
                try add(Import(path: resolve(text, line), names: [], line: line))
                scanner.takeSemicolon()
                return ""
            }
            var names: [Name] = []
            repeat {
                if scanner.take("*") {
                    guard scanner.takeWord("as"), let local = scanner.takeIdentifier() else { throw refused("this import", line) }
                    names.append(Name(exported: "*", local: local))
                } else if scanner.take("{") {
                    names += try list(&scanner, line)
                } else if let local = scanner.takeIdentifier() {
                    names.append(Name(exported: "default", local: local))
                } else {
                    throw refused("this import", line)
                }
            } while scanner.take(",")
            guard scanner.takeWord("from"), let text = scanner.takeString() else { throw refused("this import", line) }
            try add(Import(path: resolve(text, line), names: names, line: line))
            scanner.takeSemicolon()
            return ""
        }
        if scanner.take("{") {
            let names = try list(&scanner, line)
            if scanner.takeWord("from") {
                guard let text = scanner.takeString() else { throw refused("this export", line) }
                let inner = names.enumerated().map { Name(exported: $1.exported, local: "re\(imports.count)_\($0)") }
                try add(Import(path: resolve(text, line), names: inner, line: line))
                for (name, local) in zip(names, inner) { exports.append(Name(exported: name.local, local: local.local)) }
            } else {
                // In `export {a as b}` the module's own name stands first.
                exports += names.map { Name(exported: $0.local, local: $0.exported) }
            }
            scanner.takeSemicolon()
            return ""
        }
        if scanner.takeWord("default") {
            let word = scanner.peekWord()
            if word == "function" || word == "class" || word == "async", let name = scanner.declaredName() {
                exports.append(Name(exported: "default", local: name))
                return ""
            }
            exports.append(Name(exported: "default", local: "default_export"))
            return "const default_export ="
        }
        switch scanner.peekWord() {
        case "function", "class", "async", "const":
            guard let name = scanner.declaredName() else {
                throw refused("an export of a pattern", line, "declare the names one by one, or list them in `export {…}`")
            }
            exports.append(Name(exported: name, local: name))
            return ""
        case "let", "var": throw refused("an export that can change", line, "export a `const` or a function that returns it")
        default: throw refused("this export", line)
        }
    }

    private mutating func add(_ item: Import) throws(StitchError) { imports.append(item) }

    private func list(_ scanner: inout ScriptScanner, _ line: Int) throws(StitchError) -> [Name] {
        var names: [Name] = []
        while !scanner.take("}") {
            guard let first = scanner.takeIdentifier() else { throw refused("this list of names", line) }
            var name = Name(exported: first, local: first)
            if scanner.takeWord("as") {
                guard let local = scanner.takeIdentifier() else { throw refused("this list of names", line) }
                name.local = local
            }
            names.append(name)
            if !scanner.take(",") {
                guard scanner.take("}") else { throw refused("this list of names", line) }
                return names
            }
        }
        return names
    }

    private func refused(
        _ what: String, _ line: Int, _ remedy: String = "write it as `import {a, b as c} from \"./x.js\"` or `export function a`"
    ) -> StitchError {
        .unsupported(what: what, module: path, line: line, remedy: remedy)
    }

    /// `../lib/time.js` seen from `site/js/canvas.js`.
    private func resolve(_ relative: String, _ line: Int) throws(StitchError) -> String {
        guard relative.hasPrefix("./") || relative.hasPrefix("../") else { throw .missing(module: relative, importedBy: path, line: line) }
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in relative.split(separator: "/") {
            if part == "." { continue }
            if part == ".." {
                guard parts.popLast() != nil else { throw .missing(module: relative, importedBy: path, line: line) }
            } else {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
