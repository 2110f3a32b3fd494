import Exchange
import Quantities
import Sequencer

/// The way to the exchange: what the sequencer offers, and all that the routes use of it.
package protocol ExchangeGateway: AnyObject, Sendable {
    /// Submits a command; answers when it is durable.
    func submit(
        _ command: Command, issuer: ParticipantID, idempotency: IdempotencyKey?
    ) async throws(SubmissionError) -> Outcome

    /// Reads the state between two commands; answers when everything that it saw is durable.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Exchange) -> Value
    ) async throws(SubmissionError) -> Value

    /// Submits commands without waiting: each one's `answer` is called once, when it is durable or cannot be, on any thread, which it must not
    /// hold up.
    func submit(_ submissions: [Submission])

    /// Reads the state without waiting: `answer` is called once, as one of `submit`.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Exchange) -> Value, answer: @escaping @Sendable (Result<Value, SubmissionError>) -> Void
    )

    /// Lets a simulated clock run to a time; answers the time reached.
    func advance(to time: Timestamp) async throws(SubmissionError) -> Timestamp

    /// Hands every frame that is committed from now on to a follower that wants it.
    func follow(_ follower: any FrameFollower)

    /// Whether commands are being taken.
    var isTrading: Bool { get }
    /// How the clock runs.
    var clockMode: ClockMode { get }
    /// The exchange's time now.
    var now: Timestamp { get }
    /// The last command that was answered: reads of the past include it.
    var acknowledgedSequence: Int64 { get }
    /// The same, where it is certain without asking that no other server has written since; nil where it is not.
    var confirmedSequence: Int64? { get }
    /// Figures for `GET /metrics`, without a queue in between.
    var samples: [MetricSample] { get }
}

/// One figure of `GET /metrics`.
package struct MetricSample: Sendable {
    /// Of the Prometheus text format.
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    /// With its unit, `suanpan_journal_commits_total`.
    package var name: String
    package var help: String
    package var kind: Kind
    package var value: Int64
    /// The name that help and type stand at, where it is another one: of a histogram's lines.
    package var family: String?
    /// How many of the value's digits are behind the point: seconds are counted in microseconds.
    package var decimals = 0
    /// Names and values, in order.
    package var labels: [(name: String, value: String)] = []

    package init(
        _ name: String, _ kind: Kind, _ value: Int64, help: String, decimals: Int = 0, labels: [(name: String, value: String)] = []
    ) {
        self.decimals = decimals
        self.name = name
        self.kind = kind
        self.value = value
        self.help = help
        self.labels = labels
    }
}
