import Model

/// What of a document was told before and need not be read again: objects, and whole lines of them. A line that was refused in part or
/// that tells anything else than known objects is read each time.
struct KnownObjects {
    private let stored: Set<ObjectDigest>
    private var found: Set<ObjectDigest> = []
    /// The line that is being read, while nothing speaks against passing over it the next time.
    private var line: ObjectDigest?
    private var rejections = 0

    init(_ stored: Set<ObjectDigest>) { self.stored = stored }

    private func contains(_ digest: ObjectDigest) -> Bool { stored.contains(digest) || found.contains(digest) }

    /// Has an object read, unless one that says the same gave its event; `read` tells whether this one gives one.
    mutating func pass(_ object: JSONNode, _ reading: inout Reading, read: (inout Reading) -> Bool) {
        let digest = object.digest
        if contains(digest) { return }
        if read(&reading) {
            found.insert(digest)
            reading.objects.append(digest)
        } else {
            line = nil
        }
    }

    /// True when the next line says nothing new.
    mutating func isKnown(line bytes: UnsafeRawBufferPointer, _ reading: inout Reading) -> Bool {
        endLine(&reading)
        let digest = SHA256Digest.prefix128(of: bytes)
        if contains(digest) { return true }
        line = digest
        rejections = reading.rejections.count
        return false
    }
    /// The line tells something that is to be read each time that it comes.
    mutating func keepReadingLine() { line = nil }

    mutating func endLine(_ reading: inout Reading) {
        guard let digest = line.take(), reading.rejections.count == rejections else { return }
        found.insert(digest)
        reading.objects.append(digest)
    }
}
