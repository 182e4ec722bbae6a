import Model

extension JSONReader {
    /// Why an answer is not what was asked for, as `judge` says or because it is no whole JSON document; nil when it is.
    package static func fault(_ bytes: UnsafeRawBufferPointer, _ judge: (JSONNode) -> String?) -> String? {
        switch withDocument(bytes, judge) {
        case .success(let fault): fault
        case .failure(let problem): "the answer is not JSON: \(problem.reason)"
        }
    }
    /// The same where all that matters is that it has the expected shape.
    package static func kindFault(_ bytes: UnsafeRawBufferPointer, unless isExpected: (JSONNode) -> Bool) -> String? {
        fault(bytes) { isExpected($0) ? nil : otherKind }
    }
    package static let otherKind = "it is JSON of another kind"
}
