import Model

/// Reads objects of Kubernetes as its API and `kubectl get … -o json` give them: events (`v1` and `events.k8s.io/v1`), alone or in
/// lists, and pods, whose containers say how they ended. Objects of other kinds say nothing.
///
/// A warning is a signal that lasts from its first to its last occurrence; a deployment that brings up a new replica set is a change;
/// what is normal is context. An event is known by its `uid`, so it stays one fact while it counts on.
package enum KubernetesReader {
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        JSONReader.documents(bytes) { line, outcome in
            switch outcome {
            case .failure(let problem):
                reading.refuse("this is not JSON: \(problem.reason)", line: line, offset: problem.offset.map { Int64($0) })
            case .success(let node): read(node, line, document, &reading)
            }
        }
        return reading
    }

    private static func read(_ node: JSONNode, _ line: Int64, _ document: DocumentOrigin, _ reading: inout Reading) {
        let objects = objects(node)
        guard !objects.isEmpty || node["items"]?.isArray == true else {
            return reading.refuse(
                "it is no object of Kubernetes: there is neither a `kind` nor `items`", line: line,
                excerpt: StructuredText.title(node.excerpt()))
        }
        let labels = Labels(objects)
        for object in objects {
            switch object.kind {
            case "Event": readEvent(object.fields, labels, line, document, &reading)
            case "Pod": readPod(object.fields, labels, line, document, &reading)
            default: break
            }
        }
    }

    // MARK: - Lists

    private struct Object {
        var kind: String
        var fields: FactFields
    }

    /// The objects of a list, or the one object, also of a watch. In a list of one kind they may go without naming it.
    private static func objects(_ node: JSONNode) -> [Object] {
        let kind = node["kind"]?.string ?? ""
        if let items = node["items"], items.isArray {
            let usual = kind.hasSuffix("List") ? String(kind.dropLast(4)) : ""
            return items.elements.compactMap { item in object(item, usual: usual) }
        }
        if let watched = node["object"], node["kind"] == nil { return object(watched, usual: "").map { [$0] } ?? [] }
        return object(node, usual: "").map { [$0] } ?? []
    }
    private static func object(_ node: JSONNode, usual: String) -> Object? {
        guard node.isObject, node.tapeCount <= FactDocument.objectValues, let fields = FactFields(node.value) else { return nil }
        let kind = fields.line("kind") ?? usual
        return kind.isEmpty ? nil : Object(kind: kind, fields: fields)
    }

    /// Nil when the bytes are one whole list; else why not.
    package static func fault(_ bytes: UnsafeRawBufferPointer) -> String? {
        JSONReader.kindFault(bytes, unless: { $0["items"]?.isArray == true || $0["kind"]?.string?.hasSuffix("List") == true })
    }

    /// What asks for the next page of a list; nil after the last.
    package static func continuation(_ bytes: UnsafeRawBufferPointer) -> String? {
        let found = JSONReader.withDocument(bytes) { $0["metadata"]?["continue"]?.string }
        guard case .success(let token?) = found, !token.isEmpty else { return nil }
        return token
    }

    // MARK: - Whose

    /// What the labels of objects in the same list say: which service they belong to.
    private struct Labels {
        private var services: [String: String] = [:]
        init(_ objects: [Object]) {
            for object in objects where object.kind != "Event" {
                guard let metadata = object.fields.fields("metadata"), let service = KubernetesReader.service(labels: metadata) else {
                    continue
                }
                services[Self.key(object.kind, metadata.line("namespace"), metadata.line("name"))] = service
            }
        }
        private static func key(_ kind: String?, _ namespace: String?, _ name: String?) -> String {
            "\(kind ?? "")/\(namespace ?? "")/\(name ?? "")"
        }
        func service(of object: FactFields) -> String? {
            services[Self.key(object.line("kind"), object.line("namespace"), object.line("name"))]
        }
    }

    private static func service(labels metadata: FactFields) -> String? {
        metadata.fields("labels")?.line("service", "app.kubernetes.io/name", "app", "k8s-app", "app.kubernetes.io/instance")
    }

    /// By the rules by which controllers name what they own.
    private static func service(kind: String, name: String) -> String? {
        switch kind {
        case "Pod": ServiceName.service(ofInstance: name)
        case "ReplicaSet", "ReplicationController": ServiceName.service(ofInstance: name + "-fj8b7")  // as one of its pods
        case "Job": name.replacing(/-[0-9]{8,}$/, with: "")  // a CronJob's carry the minute
        case "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Service", "Endpoints", "HorizontalPodAutoscaler", "Ingress",
            "PodDisruptionBudget", "Rollout":
            name
        default: nil
        }
    }

    // MARK: - Events

    /// Reasons that mean that something does not run.
    private static let grave: Set = [
        "OOMKilling", "SystemOOM", "Evicted", "NodeNotReady", "NodeNotSchedulable", "FailedCreate", "FailedScheduling", "FailedMount",
        "FailedAttachVolume", "FailedCreatePodSandBox", "BackOff", "ErrImagePull", "BackoffLimitExceeded", "DeadlineExceeded",
        "ProgressDeadlineExceeded", "Failed", "Rebooted",
    ]

    private static func readEvent(
        _ event: FactFields, _ labels: Labels, _ line: Int64, _ document: DocumentOrigin, _ reading: inout Reading
    ) {
        let metadata = event.fields("metadata") ?? FactFields([:])
        guard let object = event.fields("involvedObject", "regarding"), let reason = event.line("reason") else {
            return reading.refuse(
                "the event names no object in `involvedObject` or no `reason`", line: line, excerpt: FactDocument.excerpt(event))
        }
        let series = event.fields("series") ?? FactFields([:])
        let times = ["firstTimestamp", "deprecatedFirstTimestamp", "eventTime", "lastTimestamp", "deprecatedLastTimestamp"]
        guard let first = event.time(times) ?? metadata.time("creationTimestamp") else {
            return reading.refuse("the event has no time", line: line, excerpt: FactDocument.excerpt(event))
        }
        let last = series.time("lastObservedTime") ?? event.time("lastTimestamp", "deprecatedLastTimestamp") ?? first
        let (kind, name) = (object.line("kind") ?? "object", object.line("name") ?? "")
        let message = event.text("message", "note") ?? ""
        let isWarning = event.line("type")?.lowercased() == "warning"
        let isRollout = !isWarning && reason == "ScalingReplicaSet" && message.contains(/^Scaled up replica set .* from 0\b/)
        var attributes: [String: JSONValue] = [
            "reason": .string(reason),
            EventAttribute.labels: .compact(["namespace": object.value("namespace"), "kind": .string(kind), "name": .string(name)]),
        ]
        let counts = [series.value("count"), event.value("count", "deprecatedCount")].compactMap { $0?.intValue }
        if let count = counts.max(), count > 1 { attributes[EventAttribute.count] = .int(count) }
        if isWarning, last > first { attributes[EventAttribute.endedAt] = .int(last.ms) }
        let version = isRollout ? message.firstMatch(of: /replica set (\S+)/).map { String($0.1) } : nil
        if let version { attributes[EventAttribute.version] = .string(version) }
        let id =
            metadata.line("uid")
            ?? "\(metadata.line("namespace") ?? "")/\(metadata.line("name") ?? "\(reason) \(kind) \(name) \(first.ms)")"
        let words = StructuredText.title(message).clipped(to: 120)
        let source = event.fields("source", "deprecatedSource")
        reading.events.append(
            Event(
                source: isRollout ? .deploys : .alerts,
                type: isWarning ? .kubernetesWarning : isRollout ? .deployment : EventType(rawValue: "k8s_event"), subject: id, at: first,
                role: isWarning ? .signal : isRollout ? .change : .context,
                severity: !isWarning ? .info : grave.contains(reason) ? .high : .medium,
                title: StructuredText.title(
                    version.map { "\(name) brings up replica set \($0)" } ?? "\(reason): \(kind) \(name)"
                        + (words.isEmpty ? "" : ", \(words)")),
                body: message, service: labels.service(of: object) ?? service(kind: kind, name: name) ?? document.service,
                component: event.line("reportingComponent", "reportingController") ?? source?.line("component"),
                environment: document.environment, host: kind == "Node" ? name : source?.line("host"), tags: [StructuredText.title(reason)],
                attributes: StructuredText.bounded(attributes), origin: document.origin, sourceID: id))
    }

    // MARK: - Pods

    /// A container that ended otherwise than with 0, now or the last time.
    private static func readPod(_ pod: FactFields, _ labels: Labels, _ line: Int64, _ document: DocumentOrigin, _ reading: inout Reading) {
        guard let metadata = pod.fields("metadata"), let name = metadata.line("name"), let status = pod.fields("status") else { return }
        let service = Self.service(labels: metadata) ?? Self.service(kind: "Pod", name: name) ?? document.service
        for list in ["initContainerStatuses", "containerStatuses"] {
            for container in (status.value(list)?.arrayValue ?? []).prefix(64).compactMap({ FactFields($0) }) {
                for state in ["lastState", "state"] {
                    guard let end = container.fields(state)?.fields("terminated"), let code = end.value("exitCode")?.intValue, code != 0,
                        let at = end.time("finishedAt"), at.ms > 0
                    else { continue }
                    let (reason, inner) = (end.line("reason") ?? "Error", container.line("name") ?? "")
                    let id = "\(metadata.line("uid") ?? name)/\(inner)@\(at.ms)"
                    reading.events.append(
                        Event(
                            source: .alerts, type: .kubernetesWarning, subject: id, at: at,
                            severity: reason == "Error" || reason == "OOMKilled" ? .high : .medium,
                            title: StructuredText.title("\(reason): container \(inner) of Pod \(name) ended with exit code \(code)"),
                            body: end.text("message") ?? "", service: service, component: inner, environment: document.environment,
                            host: pod.fields("spec")?.line("nodeName"), tags: [StructuredText.title(reason)],
                            attributes: StructuredText.bounded([
                                "reason": .string(reason), "exit_code": .int(code), "restarts": container.value("restartCount") ?? 0,
                                EventAttribute.labels: .compact([
                                    "namespace": metadata.value("namespace"), "kind": "Pod", "name": .string(name),
                                ]),
                            ]), origin: document.origin, sourceID: id))
                }
            }
        }
    }

    /// A container whose log can be read.
    package struct Container: Hashable, Sendable {
        package var namespace: String
        package var pod: String
        package var name: String
        package var service: String
        /// How often it ended and was begun anew.
        package var restarts: Int64
    }

    /// The containers in a list of pods that have begun to run.
    package static func containers(_ bytes: UnsafeRawBufferPointer) -> [Container] {
        let found = JSONReader.withDocument(bytes) { node in objects(node).filter { $0.kind == "Pod" } }
        return ((try? found.get()) ?? []).flatMap { object -> [Container] in  // what is not JSON has none, and `fault` says so
            let pod = object.fields
            guard let metadata = pod.fields("metadata"), let name = metadata.line("name"), let namespace = metadata.line("namespace"),
                pod.fields("status")?.line("phase") != "Pending"
            else { return [] }
            let service = service(labels: metadata) ?? ServiceName.service(ofInstance: name)
            let names = (pod.fields("spec")?.value("containers")?.arrayValue ?? []).prefix(64).compactMap { FactFields($0)?.line("name") }
            let statuses = (pod.fields("status")?.value("containerStatuses")?.arrayValue ?? []).prefix(64).compactMap { FactFields($0) }
            return names.map { container in
                let restarts = statuses.first { $0.line("name") == container }?.value("restartCount")?.intValue ?? 0
                return Container(namespace: namespace, pod: name, name: container, service: service, restarts: restarts)
            }
        }
    }

    // MARK: - Logs

    /// Nil when the bytes are nothing or begin as a log with times does; else why not.
    package static func logFault(_ bytes: [UInt8]) -> String? {
        guard let line = bytes.split(separator: 10, maxSplits: 1).first else { return nil }
        return moment(of: line) == nil ? "it is no log with times" : nil
    }

    /// The whole lines that stand behind what was read: the place where they begin, and the time of the last, in nanoseconds, with how
    /// many lines have it. Nil when there is nothing new.
    package static func news(
        in bytes: [UInt8], after last: Int64, times: Int
    ) -> (lines: Range<Int>, last: Int64, times: Int)? {
        guard let newline = bytes.lastIndex(of: 10) else { return nil }
        var (at, seen, start) = (0, 0, 0)
        while at <= newline, seen <= times {
            let end = bytes[at...].firstIndex(of: 10) ?? newline
            if let moment = moment(of: bytes[at..<end]) {
                if moment > last { break }
                if moment == last { seen += 1 }
                if seen > times { break }
            }
            at = end + 1
            start = at
        }
        guard start <= newline else { return nil }
        var (newest, count) = (last, times)
        for line in bytes[start..<newline].split(separator: 10) {
            guard let moment = moment(of: line) else { continue }
            if moment > newest { (newest, count) = (moment, 1) } else if moment == newest { count += 1 }
        }
        return (start..<newline + 1, newest, count)
    }

    /// Of `2026-01-01T12:00:00.123456789Z …`, in nanoseconds since the epoch.
    private static func moment(of line: ArraySlice<UInt8>) -> Int64? {
        let word = line.prefix(40).prefix { $0 != 32 }
        guard word.count >= 20, let instant = word.withUnsafeBytes({ Instant.read(rfc3339: $0) }) else { return nil }
        let digits = word.dropFirst(20).prefix { (48...57).contains($0) }.prefix(9)
        guard word.dropFirst(19).first == 46 else { return instant.ms * 1_000_000 }
        let nine = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 48) } * (0..<(9 - digits.count)).reduce(1) { ten, _ in ten * 10 }
        return instant.ms * 1_000_000 + nine % 1_000_000
    }
}
