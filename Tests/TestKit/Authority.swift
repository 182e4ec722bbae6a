import Foundation
import Glibc

/// An authority that signs certificates, and servers that show them: OpenSSL's own.
package final class Authority: Sendable {
    package let folder: TemporaryFolder
    package static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    package init() throws {
        folder = try TemporaryFolder()
        try openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 36500 -subj /CN=ca")
    }
    package func path(_ name: String) -> String { folder.url.appending(path: name).path() }

    /// Makes `name.pem` and `name.key`: for 127.0.0.1, signed by the authority, or by nobody else than itself.
    package func issue(_ name: String, isSelfSigned: Bool = false, host: String = "IP:127.0.0.1") throws {
        let signer = isSelfSigned ? "" : " -CA ca.pem -CAkey ca.key"
        try openssl(
            "req -x509\(signer) -newkey rsa:2048 -nodes -keyout \(name).key -out \(name).pem -days 36500 -subj /CN=\(name) "
                + "-addext subjectAltName=\(host)")
    }

    private func openssl(_ words: String) throws {
        let output = Pipe()
        let process = try start(words.split(separator: " ").map(String.init), output: output)
        _ = try output.fileHandleForReading.readToEnd()  // which ends with the process
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw Failure(words: words) }
    }
    fileprivate func start(_ arguments: [String], output: Pipe? = nil) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        process.standardInput = Pipe()
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
    package struct Failure: Error { var words: String }

    /// `openssl s_server`, ended with the value.
    package final class Server {
        private let process: Process
        private let output = Pipe()
        package let port: Int

        package init(_ authority: Authority, certificate: String, port: Int = 0, more: [String] = []) throws {
            process = try authority.start(
                ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", "\(certificate).pem", "-key", "\(certificate).key", "-www"] + more,
                output: output)
            var said = ""
            while !said.contains("ACCEPT") || !said.hasSuffix("\n") {
                let data = output.fileHandleForReading.availableData
                if data.isEmpty { break }
                said += String(decoding: data, as: UTF8.self)
            }
            // With a port that was asked for it says no more than the word.
            let line = said.split(separator: "\n").first { $0.hasPrefix("ACCEPT") }
            self.port = line?.split(separator: ":").last.flatMap { Int($0) } ?? port
        }
        package func end() {
            kill(process.processIdentifier, SIGKILL)  // it does not hear SIGTERM
            _ = try? output.fileHandleForReading.readToEnd()
        }
        deinit { end() }
    }
}
