import NIOCore

/// A deadline that moves with every request and is hardly ever met: one timer of the event loop serves many of them.
///
/// The timer goes off when the first deadline would have, looks whether there is a later one, and sleeps on. So setting and clearing cost
/// a look at the clock. On the event loop only.
final class LazyDeadline {
    private let time: TimeAmount
    private let body: () -> Void
    private var at: NIODeadline?
    private var timer: Scheduled<Void>?

    /// - Parameter body: Called once the time is over, unless it was set anew or cleared.
    init(after time: TimeAmount, _ body: @escaping () -> Void) {
        self.time = time
        self.body = body
    }

    var isSet: Bool { at != nil }

    /// Begins the time anew.
    func set(on loop: any EventLoop) {
        let end = NIODeadline.now() + time
        at = end
        if timer == nil { schedule(end, loop) }
    }

    /// The time is not wanted any more.
    func clear() { at = nil }

    /// Ends the timer too, at the end of a connection.
    func cancel() {
        at = nil
        timer?.cancel()
        timer = nil
    }

    private func schedule(_ end: NIODeadline, _ loop: any EventLoop) {
        timer = loop.assumeIsolated().scheduleTask(deadline: end) { [weak self] in self?.ring(loop) }
    }

    private func ring(_ loop: any EventLoop) {
        timer = nil
        guard let at else { return }
        guard at <= NIODeadline.now() else { return schedule(at, loop) }
        self.at = nil
        body()
    }
}
