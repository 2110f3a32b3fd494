import Exchange
import Quantities
import Sequencer

extension Sequencer: ExchangeGateway {
    package var clockMode: ClockMode { clock.mode }

    package var samples: [MetricSample] {
        let counts = metrics
        return [
            MetricSample("suanpan_journal_commands_total", .counter, counts.commands, help: "Commands committed."),
            MetricSample("suanpan_journal_frames_total", .counter, counts.frames, help: "Frames committed."),
            MetricSample("suanpan_journal_bytes_total", .counter, counts.frameBytes, help: "Bytes of committed frames."),
            MetricSample(
                "suanpan_journal_commit_microseconds_total", .counter, counts.commitMicroseconds, help: "Time spent in commits."),
            MetricSample(
                "suanpan_journal_commit_microseconds_max", .gauge, counts.longestCommitMicroseconds, help: "The longest commit."),
            MetricSample("suanpan_sequencer_reads_total", .counter, counts.reads, help: "Reads answered from the queue."),
            MetricSample("suanpan_sequencer_queue_requests", .gauge, Int64(counts.queueDepth), help: "Requests waiting."),
            MetricSample(
                "suanpan_sequencer_rejected_total", .counter, counts.rejectedBecauseFull,
                help: "Requests refused because the queue was full."),
            MetricSample("suanpan_sequencer_sequence", .gauge, acknowledgedSequence, help: "The last durable command."),
        ]
    }
}
