/// What a case asks of the repositories at hand. Ranking makes the question, the rim answers it with git, and the answer is a
/// pure function of the commits it names, whenever it is asked.
package struct CodeQuestion: Hashable, Sendable {
    package struct Frame: Hashable, Sendable {
        /// The commit that ran when the stack was thrown: full, or an unambiguous beginning.
        package var head: String
        package var frame: StackFrame
        /// How near to the failure it stands in its stack, 0…1.
        package var weight: Double
        package init(head: String, frame: StackFrame, weight: Double) {
            self.head = head
            self.frame = frame
            self.weight = weight
        }
    }
    /// The users' own frames of failing stacks, heaviest first; at most `Limits.framesBlamed`.
    package var frames: [Frame]
    /// Commits whose changed lines are to be read, likeliest first; at most `Limits.commitsCompared`.
    package var commits: [String]
    /// Commits that wrote nothing that lasted: taken back before it broke, and what took them back.
    package var passedOver: [String]
    /// Nothing that was committed before can be a suspect.
    package var since: Instant
    package init(frames: [Frame] = [], commits: [String] = [], passedOver: [String] = [], since: Instant) {
        self.frames = frames
        self.commits = commits
        self.passedOver = passedOver
        self.since = since
    }
    package var isEmpty: Bool { frames.isEmpty && commits.isEmpty }
}

/// What the repositories say. A repository that is missing, shallow or without the commit says nothing.
package struct CodeAnswer: Hashable, Sendable {
    /// Who wrote a line at or next to one that a failing stack names, at the commit that ran.
    package struct Blame: Hashable, Sendable {
        package var commit: String
        /// In the repository.
        package var path: String
        package var line: Int
        /// The line that the stack names.
        package var failedLine: Int
        /// Of the frame.
        package var weight: Double
        package init(commit: String, path: String, line: Int, failedLine: Int, weight: Double) {
            self.commit = commit
            self.path = path
            self.line = line
            self.failedLine = failedLine
            self.weight = weight
        }
    }
    package var blames: [Blame]
    /// By full sha: the lines a commit added and removed, with the names of the functions around them.
    package var changes: [String: [ChangedLines]]
    package init(blames: [Blame] = [], changes: [String: [ChangedLines]] = [:]) {
        self.blames = blames
        self.changes = changes
    }
}

/// The lines that a commit changed in one place of one file (a hunk of its diff).
package struct ChangedLines: Hashable, Sendable {
    package var path: String
    /// The line that names what encloses it (a function, a class), as git finds it; often empty.
    package var enclosing: String
    package var added: [String]
    package var removed: [String]
    package init(path: String, enclosing: String = "", added: [String] = [], removed: [String] = []) {
        self.path = path
        self.enclosing = enclosing
        self.added = added
        self.removed = removed
    }
}
