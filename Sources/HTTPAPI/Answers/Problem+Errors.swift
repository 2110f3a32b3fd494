import Exchange
import Sequencer

extension Problem {
    /// Why a command or a read was not taken.
    init(_ error: SubmissionError) {
        switch error {
        case .overloaded: self.init(.overloaded, "too many requests are waiting")
        case .databaseUnavailable:
            self.init(
                .databaseUnavailable,
                "the database is away: whether this took effect, a repeat with the same Idempotency-Key tells"
            )
        case .stopped: self.init(.overloaded, "the server is stopping")
        }
    }

    /// Why the past cannot be read now.
    init(_ error: HistoryError) {
        switch error {
        case .behind: self.init(.overloaded, "the read model has not caught up yet")
        case .unavailable: self.init(.databaseUnavailable, "the read model cannot be reached")
        }
    }

    /// Why sealed details cannot be stored or opened now.
    init(_ error: VaultError) {
        switch error {
        case .unavailable: self.init(.databaseUnavailable, "the vault cannot be reached")
        }
    }
}
