import Foundation
import Model

/// One line on a terminal that is written over; nothing anywhere else. With `-v` each message stays as a line.
package struct ProgressLine: Sendable {
    private let isShown: Bool
    private let isVerbose: Bool
    package init(isShown: Bool, isVerbose: Bool) {
        self.isShown = isShown
        self.isVerbose = isVerbose
    }
    package static let silent = ProgressLine(isShown: false, isVerbose: false)

    package func say(_ text: String) {
        let text = text.clipped(to: 100)
        if isVerbose {
            write("caseboard: \(text)\n")
        } else if isShown {
            write("\r\u{1b}[K\(text)")
        }
    }
    package func clear() { if isShown && !isVerbose { write("\r\u{1b}[K") } }
    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

package enum Program {
    package static let version = "0.1.0"
}
