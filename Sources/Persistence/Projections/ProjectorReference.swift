import Synchronization

/// Tells a projector of commits that is made only after the journal.
final class ProjectorReference: Sendable {
    private let projector = Mutex<Projector?>(nil)

    func set(_ projector: Projector) { self.projector.withLock { $0 = projector } }
    func noteCommit(of frame: CommittedFrame) { projector.withLock { $0 }?.noteCommit(of: frame) }
}
