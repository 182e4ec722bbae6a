/// What keeps ES modules from being inlined, and where.
package enum StitchError: Error, Hashable, Sendable {
    case missing(module: String, importedBy: String, line: Int)
    case cycle([String])
    case unsupported(what: String, module: String, line: Int, remedy: String)
    case notExported(name: String, module: String, importedBy: String, line: Int)
    case unclosed(what: String, module: String, line: Int)
    case tooMany(limit: Int)
}

extension StitchError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let module, let importer, let line):
            "\(importer):\(line): no module is named `\(module)`; imports are relative, as in `./time.js`"
        case .cycle(let modules):
            "\(modules.first ?? ""): modules import each other: \(modules.joined(separator: " → ")); move what both need to a third"
        case .unsupported(let what, let module, let line, let remedy): "\(module):\(line): \(what) cannot be inlined; \(remedy)"
        case .notExported(let name, let module, let importer, let line): "\(importer):\(line): `\(module)` does not export `\(name)`"
        case .unclosed(let what, let module, let line): "\(module):\(line): the \(what) that begins here never ends"
        case .tooMany(let limit): "more than \(limit) modules are imported; a page may have \(limit)"
        }
    }
}

/// Inlines ES modules into one script, because browsers refuse to load modules from `file://`.
///
/// Each module keeps its own scope (a function), runs once, after those it imports, in the order of the imports. Static
/// `import` and `export` statements are understood where they begin a line, in these forms: `import {a, b as c} from`,
/// `import * as m from`, `import d from`, `import "…"`; `export` before `function`, `async function`, `class`, `const`;
/// `export {a, b as c}`, `export {a} from`, `export default`. Others are refused with the line.
package enum ModuleStitcher {
    static let maxModules = 200

    /// The script for `entry`; `modules` gives the source of a path such as `site/js/canvas.js`.
    package static func stitch(entry: String, modules: (String) -> String?) throws(StitchError) -> String {
        var order: [ESModule] = []
        var number: [String: Int] = [:]
        var path: [String] = []
        func visit(_ name: String, from importer: String, line: Int) throws(StitchError) {
            if number[name] != nil { return }
            if let start = path.firstIndex(of: name) { throw .cycle(path[start...] + [name]) }
            guard order.count + path.count < maxModules else { throw .tooMany(limit: maxModules) }
            guard let source = modules(name) else { throw .missing(module: name, importedBy: importer, line: line) }
            path.append(name)
            let module = try ESModule(path: name, source: source)
            for item in module.imports { try visit(item.path, from: name, line: item.line) }
            path.removeLast()
            number[name] = order.count
            order.append(module)
        }
        try visit(entry, from: entry, line: 1)

        var out = "\"use strict\";\n"
        for (index, module) in order.enumerated() {
            out += "const m\(index) = (() => { // \(module.path)\n"
            for item in module.imports {
                guard let source = number[item.path] else { continue }
                for name in item.names
                where name.exported != "*" && !order[source].exports.contains(where: { $0.exported == name.exported }) {
                    throw .notExported(name: name.exported, module: item.path, importedBy: module.path, line: item.line)
                }
                if let whole = item.names.first(where: { $0.exported == "*" }) {
                    out += "const \(whole.local) = m\(source);\n"
                }
                let picked = item.names.filter { $0.exported != "*" }
                if !picked.isEmpty {
                    let list = picked.map { $0.exported == $0.local ? $0.local : "\($0.exported): \($0.local)" }
                    out += "const {\(list.joined(separator: ", "))} = m\(source);\n"
                }
            }
            out += module.body
            if !module.body.hasSuffix("\n") { out += "\n" }
            let exports = module.exports.map { $0.exported == $0.local ? $0.local : "\($0.exported): \($0.local)" }
            out += "return Object.freeze({\(exports.joined(separator: ", "))});\n})();\n"
        }
        return out
    }
}
