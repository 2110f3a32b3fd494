import NIOCore
import Sequencer
import Synchronization

/// What an event loop's connections submit in one turn of the loop, and what is to be sent on them: each goes over in one piece, so that
/// neither the exchange's thread nor the loop is woken for each single request.
final class LoopMailbox: Sendable {
    /// A letter to a connection.
    typealias Letter = @Sendable () -> Void

    let loop: any EventLoop
    private let gateway: any ExchangeGateway
    private let letters = Mutex<[Letter]>([])
    private let pending: NIOLoopBoundBox<[Submission]>

    /// - Precondition: on the loop.
    init(loop: any EventLoop, gateway: any ExchangeGateway) {
        self.loop = loop
        self.gateway = gateway
        pending = NIOLoopBoundBox([], eventLoop: loop)
    }

    /// Submits a command at the end of this turn of the loop. On the loop only.
    func submit(_ submission: Submission) {
        pending.value.append(submission)
        guard pending.value.count == 1 else { return }
        loop.execute { [self] in
            let submissions = pending.value
            pending.value = []
            gateway.submit(submissions)
        }
    }

    /// Has a letter read on the loop, after those that were posted before. On any thread.
    func post(_ letter: @escaping Letter) {
        let isFirst = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        guard isFirst else { return }
        loop.execute { [self] in
            let all = letters.withLock { letters in
                defer { letters = [] }
                return letters
            }
            for letter in all { letter() }
        }
    }
}

/// The mailboxes of all event loops.
final class LoopMailboxes: Sendable {
    private let gateway: any ExchangeGateway
    private let known = Mutex<[ObjectIdentifier: LoopMailbox]>([:])

    init(gateway: any ExchangeGateway) { self.gateway = gateway }

    /// The mailbox of a loop. On that loop only.
    func mailbox(of loop: any EventLoop) -> LoopMailbox {
        known.withLock { known in
            if let mailbox = known[ObjectIdentifier(loop)] { return mailbox }
            let mailbox = LoopMailbox(loop: loop, gateway: gateway)
            known[ObjectIdentifier(loop)] = mailbox
            return mailbox
        }
    }
}
