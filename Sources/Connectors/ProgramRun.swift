import Glibc
import Model
import Subprocess
import SystemPackage

/// One program run to its end, bounded in time and output. Arguments are a list; there is no shell, and no environment but
/// the one that is given.
enum ProgramRun: Sendable {
    case ended(code: Int, output: [UInt8], words: String)
    case saidTooMuch
    case notFound
    case timedOut
    case cancelled
    case broken(String)

    /// The search path of our own environment, for programs that need one.
    static var path: String { getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin" }

    /// Those of our own environment that are set.
    static func passed(_ names: [String]) -> [String: String] {
        var out: [String: String] = [:]
        for name in names { if let value = getenv(name) { out[name] = String(cString: value) } }
        return out
    }

    static func run(
        _ program: String, _ arguments: [String], environment: [String: String], folder: String? = nil, input: [UInt8] = [],
        limitBytes: Int, timeoutSeconds: Int
    ) async -> ProgramRun {
        let variables = Environment.custom(
            Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }))
        return await withTaskGroup(of: ProgramRun.self) { group in
            group.addTask {
                do {
                    let result = try await Subprocess.run(
                        program.contains("/") ? .path(FilePath(program)) : .name(program), arguments: Arguments(arguments),
                        environment: variables, workingDirectory: folder.map { FilePath($0) }, input: .array(input),
                        output: .bytes(limit: limitBytes), error: .string(limit: 256 << 10))
                    switch result.terminationStatus {
                    case .exited(let code): return .ended(code: Int(code), output: result.standardOutput, words: result.standardError)
                    case .signaled(let signal):
                        return Task.isCancelled ? .cancelled : .ended(code: -Int(signal), output: [], words: result.standardError)
                    }
                } catch let error as SubprocessError where error.code == .executableNotFound {
                    return .notFound
                } catch let error as SubprocessError where error.code == .outputLimitExceeded {
                    return .saidTooMuch
                } catch {
                    return Task.isCancelled ? .cancelled : .broken("\(error)")
                }
            }
            group.addTask {
                // An early end means that the program ended first; then nobody looks at this result.
                try? await Task.sleep(for: .seconds(timeoutSeconds))
                return Task.isCancelled ? .cancelled : .timedOut
            }
            let first = await group.next() ?? .cancelled
            group.cancelAll()
            return first
        }
    }
}

extension ProgramRun {
    /// What a program of a source printed, and said by the way, when it ended well. `timeout(1)` ends the program's whole group, so
    /// that nothing it started outlives it.
    static func output(
        _ program: String, _ arguments: [String], shownAs shown: String? = nil, environment: [String: String], folder: String,
        limitBytes: Int, timeoutSeconds seconds: Int
    ) async throws(ConnectorError) -> (output: [UInt8], words: String) {
        let run = await run(
            "timeout", ["--kill-after=2", "\(seconds)", program] + arguments, environment: environment, folder: folder,
            limitBytes: limitBytes, timeoutSeconds: seconds + 5)
        let name = shown ?? program
        switch run {
        case .ended(0, let output, let words): return (output, words)
        case .ended(124, _, _), .ended(137, _, _), .timedOut:
            throw .programFailed(program: name, why: "did not end within \(seconds) s and was stopped")
        case .ended(125...127, _, _): throw .programMissing(program: name)
        case .ended(let code, _, let words):
            let said = words.split(separator: "\n").last.map { ": " + String($0).clipped(to: 200) } ?? ""
            throw .programFailed(program: name, why: "ended with code \(code)\(said)")
        case .saidTooMuch: throw .programSaidTooMuch(program: name, limitBytes: limitBytes)
        case .notFound: throw .programMissing(program: "timeout")
        case .cancelled: throw .cancelled
        case .broken(let words): throw .programFailed(program: name, why: "could not be run: \(words.clipped(to: 200))")
        }
    }
}
