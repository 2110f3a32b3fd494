/// Follows the committed frames whole, for what is published of them. Called on the writer's thread after each commit, in order; it
/// must be quick and must not block.
package protocol FrameFollower: AnyObject, Sendable {
    /// Whether anybody wants the next frame. Asked once a frame: where nobody does, a frame costs nothing more than this.
    var wantsFrames: Bool { get }

    /// A frame is durable. Its bytes may be kept.
    func committed(_ frame: Frame)
}
