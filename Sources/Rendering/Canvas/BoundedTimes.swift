import Model

extension Instant {
    /// Inside what can be written as a date; a time beyond stands at the end it is beyond.
    var bounded: Instant { min(max(self, Instant.representable.lowerBound), Instant.representable.upperBound) }
}

extension Event {
    fileprivate var isBounded: Bool { Instant.representable.contains(occurredAt) && Instant.representable.contains(observedAt) }
    fileprivate var bounded: Event {
        if isBounded { return self }
        var copy = self
        copy.occurredAt = occurredAt.bounded
        copy.observedAt = observedAt.bounded
        return copy
    }
}

extension Investigation {
    fileprivate var bounded: Investigation {
        var copy = self
        copy.startedAt = startedAt.bounded
        copy.detectedAt = detectedAt?.bounded
        copy.acknowledgedAt = acknowledgedAt?.bounded
        copy.mitigatedAt = mitigatedAt?.bounded
        copy.resolvedAt = resolvedAt?.bounded
        copy.lastSignalAt = lastSignalAt.bounded
        for index in copy.suspects.indices {
            copy.suspects[index].committedAt = suspects[index].committedAt.bounded
            copy.suspects[index].liveAt = suspects[index].liveAt?.bounded
        }
        return copy
    }
}

extension CaseFile {
    /// The same case with every time inside `Instant.representable`, so that no page has to ask again.
    var bounded: CaseFile {
        var copy = self
        copy.investigation = investigation.bounded
        // Events are large: only what must change is copied.
        for index in items.indices where !items[index].event.isBounded { copy.items[index].event = items[index].event.bounded }
        for index in otherChanges.indices where !otherChanges[index].isBounded { copy.otherChanges[index] = otherChanges[index].bounded }
        for index in copy.notes.indices { copy.notes[index].at = notes[index].at.bounded }
        for index in copy.versions.indices { copy.versions[index].at = versions[index].at.bounded }
        for index in copy.gaps.indices {
            copy.gaps[index].from = gaps[index].from.bounded
            copy.gaps[index].to = gaps[index].to.bounded
        }
        copy.from = from.bounded
        copy.to = to.bounded
        return copy
    }
}

extension BoardFile {
    var bounded: BoardFile {
        var copy = self
        copy.asOf = asOf.bounded
        for index in copy.items.indices {
            copy.items[index].investigation = items[index].investigation.bounded
            copy.items[index].from = items[index].from.bounded
            copy.items[index].to = items[index].to.bounded
        }
        copy.recentChanges = recentChanges.map(\.bounded)
        for index in copy.sources.indices { copy.sources[index].newestAt = sources[index].newestAt?.bounded }
        return copy
    }
}
