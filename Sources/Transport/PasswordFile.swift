import Glibc

/// The first line of a small file, for passwords and tokens: they live in files, never in the configuration or the
/// environment. Nil when it cannot be read, is not a regular file, or its line is longer than 4 KiB.
package func firstLine(ofFile path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var buffer = [UInt8](repeating: 0, count: 4_097)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return nil }
    let line = buffer[..<count].prefix { $0 != 10 && $0 != 13 }
    return line.count > 4_096 || line.contains(0) ? nil : String(decoding: line, as: UTF8.self)
}
