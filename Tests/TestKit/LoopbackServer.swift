import Dispatch
import Foundation
import Glibc
import Synchronization

/// A server on 127.0.0.1, or on a unix socket, with one thread a connection, closed with the value.
package final class LoopbackServer: Sendable {
    /// 0 on a unix socket.
    package let port: Int
    private let listener: Int32
    private let seen = Mutex<[String]>([])

    /// What clients sent, one entry a request or command.
    package var requests: [String] { seen.withLock { $0 } }
    package func note(_ text: String) { seen.withLock { $0.append(text) } }

    package struct Failure: Error {}

    package init(_ serve: @escaping @Sendable (LoopbackServer, Connection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(listener, name, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, name, &length) == 0
            }
        }
        guard isBound else { throw Failure() }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        accept(serve)
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// On the unix socket of that path, at most 107 bytes long.
    package init(unixSocket path: String, _ serve: @escaping @Sendable (LoopbackServer, Connection) -> Void) throws {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { throw Failure() }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(listener, name, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 && listen(listener, 16) == 0
            }
        }
        guard isBound else { throw Failure() }
        self.listener = listener
        port = 0
        accept(serve)
    }

    private func accept(_ serve: @escaping @Sendable (LoopbackServer, Connection) -> Void) {
        let socket = listener
        Thread.detachNewThread { [weak self] in
            while true {
                let descriptor = Glibc.accept(socket, nil, nil)
                guard descriptor >= 0 else {
                    close(socket)  // only here: a number closed elsewhere could be another server's by now
                    return
                }
                Thread.detachNewThread { [weak self] in
                    let connection = Connection(descriptor)
                    if let self { serve(self, connection) }
                    connection.end()
                }
            }
        }
    }
    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// Answers each request with what `answer` makes of its head and body, then closes.
    package static func http(_ answer: @escaping @Sendable (_ request: String) -> String) throws -> LoopbackServer {
        try LoopbackServer { server, connection in
            guard let request = connection.readRequest() else { return }
            server.note(request)
            connection.write(Array(answer(request).utf8))
        }
    }

    package final class Connection {
        private let descriptor: Int32
        private var buffer: [UInt8] = []
        init(_ descriptor: Int32) { self.descriptor = descriptor }

        package func end() {
            shutdown(descriptor, Int32(SHUT_RDWR))
            close(descriptor)
        }
        /// False when the other side has gone.
        @discardableResult
        package func write(_ bytes: [UInt8]) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
                if count <= 0 { return false }
                sent += count
            }
            return true
        }
        package func write(_ text: String) { write(Array(text.utf8)) }

        /// False at the end of the connection.
        private func fill() -> Bool {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count > 0 { buffer += chunk[..<count] }
            return count > 0
        }
        /// From now on what either side says goes to the other, a server on this machine, until one of them goes away.
        package func relay(toPort port: Int) {
            let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = LoopbackServer.address(port: port)
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(other, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            let far = Connection(other)
            defer { far.end() }
            guard isConnected else { return }
            let near = descriptor
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                var chunk = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = recv(other, &chunk, chunk.count, 0)
                    if count <= 0 || send(near, chunk, count, Int32(MSG_NOSIGNAL)) != count { break }
                }
                shutdown(near, Int32(SHUT_RDWR))
                done.signal()
            }
            repeat {
                let said = buffer
                buffer = []
                if !said.isEmpty, !far.write(said) { break }
            } while fill()
            shutdown(other, Int32(SHUT_RDWR))
            done.wait()
        }
        /// Waits until the other side goes away.
        package func waitForEnd() { while fill() {} }

        package func read(through end: String) -> String? {
            let end = Array(end.utf8)
            while true {
                if let range = buffer.firstRange(of: end) {
                    let text = String(decoding: buffer[..<range.upperBound], as: UTF8.self)
                    buffer.removeFirst(range.upperBound)
                    return text
                }
                guard fill() else { return nil }
            }
        }
        package func readBytes(_ count: Int) -> [UInt8]? {
            while buffer.count < count { guard fill() else { return nil } }
            defer { buffer.removeFirst(count) }
            return Array(buffer.prefix(count))
        }
        package func readRequest() -> String? {
            guard let head = read(through: "\r\n\r\n") else { return nil }
            let lengthLine = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            let length = lengthLine.flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
            while buffer.count < length { guard fill() else { return nil } }
            let body = String(decoding: buffer[..<length], as: UTF8.self)
            buffer.removeFirst(length)
            return head + body
        }
    }
}
