import Exchange

/// Follows what was committed. Called on the writer's thread after each commit, before any answer of the frame leaves, in
/// order; it must be quick and must not block.
package protocol EventListener: AnyObject, Sendable {
    /// Participants, keys and products that changed in the committed frame.
    func committed(_ notices: [RecordedEvent])
}
