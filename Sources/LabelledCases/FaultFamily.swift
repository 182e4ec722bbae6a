/// The kinds of trouble that cases are made of.
package enum FaultFamily: String, CaseIterable, Sendable {
    case networkDelay = "network_delay"
    case cpuContention = "cpu_contention"
    case saturation
    /// An exception that callers pass on.
    case exception
    /// An exception that every caller answers with a fallback, and nobody logs.
    case swallowedException = "swallowed_exception"
    case earlyReturn = "early_return"
    /// The answer is wrong: its caller goes another way.
    case wrongValue = "wrong_value"
    /// A service outside, of which nothing is seen but its callers' waiting.
    case dependencyOutage = "dependency_outage"
    /// A slow service in a system of which a third sends no spans.
    case missingSpans = "missing_spans"
    /// Only metrics and who calls whom.
    case noSpans = "no_spans"
    /// An exception of which only spans tell.
    case noLogs = "no_logs"
}
