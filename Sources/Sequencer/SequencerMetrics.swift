/// Counts since the start, for `/metrics`.
package struct SequencerMetrics: Sendable {
    package var commands: Int64 = 0
    package var reads: Int64 = 0
    package var frames: Int64 = 0
    package var frameBytes: Int64 = 0
    package var rejectedBecauseFull: Int64 = 0
    /// Time spent in commits, in microseconds, in all and at most.
    package var commitMicroseconds: Int64 = 0
    package var commits = LatencyHistogram()
    package var longestCommitMicroseconds: Int64 = 0
    package var queueDepth: Int = 0

    package init() {}
}
