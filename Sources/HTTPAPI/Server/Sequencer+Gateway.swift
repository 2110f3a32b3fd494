import Exchange
import Quantities
import Sequencer

extension Sequencer: ExchangeGateway {
    package var clockMode: ClockMode { clock.mode }

    package var samples: [MetricSample] {
        let counts = metrics
        let market = gauges
        return [
            MetricSample("suanpan_journal_commands_total", .counter, counts.commands, help: "Commands committed."),
            MetricSample("suanpan_journal_frames_total", .counter, counts.frames, help: "Frames committed."),
            MetricSample("suanpan_journal_bytes_total", .counter, counts.frameBytes, help: "Bytes of committed frames."),
        ]
            + MetricSample.histogram(
                "suanpan_journal_commit_duration_seconds", counts.commits, help: "How long a frame took until the writer knew it to be durable.")
            + [
                MetricSample(
                    "suanpan_journal_longest_commit_seconds", .gauge, counts.longestCommitMicroseconds, help: "The longest commit.",
                    decimals: 6),
                MetricSample("suanpan_sequencer_reads_total", .counter, counts.reads, help: "Reads answered from the queue."),
                MetricSample("suanpan_sequencer_queue_requests", .gauge, Int64(counts.queueDepth), help: "Requests waiting."),
                MetricSample(
                    "suanpan_sequencer_rejected_total", .counter, counts.rejectedBecauseFull,
                    help: "Requests refused because the queue was full."),
                MetricSample("suanpan_sequencer_sequence", .gauge, acknowledgedSequence, help: "The last durable command."),
                MetricSample("suanpan_orders_total", .counter, market.orders, help: "Orders accepted since the record began."),
                MetricSample("suanpan_trades_total", .counter, market.trades, help: "Trades since the record began."),
                MetricSample("suanpan_open_orders", .gauge, market.openOrders, help: "Orders that rest or wait."),
                MetricSample("suanpan_waiting_stop_orders", .gauge, market.waitingStops, help: "Stops that have not triggered."),
                MetricSample("suanpan_deliveries", .gauge, market.deliveries, help: "Deliveries in memory."),
                MetricSample("suanpan_allocations", .gauge, market.allocations, help: "Allocations in memory."),
                MetricSample("suanpan_books", .gauge, market.contracts, help: "Contracts that somebody touched, each with its book."),
                MetricSample("suanpan_participants", .gauge, market.participants, help: "Participants."),
                MetricSample("suanpan_resources", .gauge, market.resources, help: "Resources."),
                MetricSample("suanpan_market_halted", .gauge, market.isHalted ? 1 : 0, help: "Whether the whole market is halted."),
            ]
    }
}
