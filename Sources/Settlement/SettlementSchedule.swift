import Quantities

/// When things fall due for the deliveries of one contract.
package struct SettlementSchedule: Equatable, Sendable {
    package var hour: Hour
    package var meterDeadlineMinutes: Int32
    package var disputeMinutes: Int32
    package var meterGraceHours: Int32

    /// How long an operator has to decide a dispute.
    package static let decisionHours: Int32 = 72
    /// How long after its settlement a delivery may be corrected.
    package static let correctionHours: Int32 = 720
    /// How far ahead of the hour a failure must be declared to cost half the bond only.
    package static let declineHours: Int32 = 24

    /// - Precondition: no time is negative.
    package init(hour: Hour, meterDeadlineMinutes: Int32, disputeMinutes: Int32, meterGraceHours: Int32) {
        precondition(meterDeadlineMinutes >= 0 && disputeMinutes >= 0 && meterGraceHours >= 0, "a negative time")
        self.hour = hour
        self.meterDeadlineMinutes = meterDeadlineMinutes
        self.disputeMinutes = disputeMinutes
        self.meterGraceHours = meterGraceHours
    }

    /// Without a report by then, the hour is unverified.
    package var reportDeadline: Timestamp { hour.end.advanced(minutes: meterDeadlineMinutes) }

    /// Until then a late report still counts; never before the deadline.
    package var graceEnd: Timestamp { max(hour.end.advanced(hours: meterGraceHours), reportDeadline) }

    /// Until then either side may dispute a delivery that was reported at `reportedAt`.
    package func disputeEnd(reportedAt: Timestamp) -> Timestamp { reportedAt.advanced(minutes: disputeMinutes) }

    /// When an undisputed delivery settles: the deadline has passed and the dispute time is over.
    package func due(reportedAt: Timestamp) -> Timestamp { max(reportDeadline, disputeEnd(reportedAt: reportedAt)) }

    /// When a disputed delivery settles as metered unless an operator has decided; never before it would be due without
    /// a dispute.
    package func decisionDeadline(disputedAt: Timestamp, reportedAt: Timestamp) -> Timestamp {
        max(disputedAt.advanced(hours: Self.decisionHours), due(reportedAt: reportedAt))
    }

    /// Until then, inclusive, a failure counts as declared ahead.
    package var lastDecline: Timestamp { hour.start.advanced(hours: -Self.declineHours) }
}
