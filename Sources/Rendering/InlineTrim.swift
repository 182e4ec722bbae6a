/// Style sheets and modules as they are inlined: without the indentation and the comments that stand on lines of their own, which
/// every page would carry.
enum InlineTrim {
    /// A module in which a template literal or a string may run over a line end is left as it is.
    static func script(_ source: String) -> String {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        let runsOver = lines.contains { line in line.count { $0 == "`" } % 2 != 0 || line.hasSuffix("\\") }
        if runsOver { return source }
        return joined(lines) { $0.hasPrefix("//") }
    }
    static func style(_ source: String) -> String {
        joined(source.split(separator: "\n", omittingEmptySubsequences: false)) { line in
            line.hasPrefix("/*") && line.hasSuffix("*/") && line.dropFirst(2).firstRange(of: "*/")?.upperBound == line.endIndex
        }
    }
    private static func joined(_ lines: [Substring], drop isComment: (Substring) -> Bool) -> String {
        var out = ""
        for line in lines {
            let bare = line.drop { $0 == " " || $0 == "\t" }
            if bare.isEmpty || isComment(bare) { continue }
            out += bare
            out += "\n"
        }
        return out
    }
}
