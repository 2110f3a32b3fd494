import ArgumentParser

/// `suanpan`: everything that one can do from a terminal.
@main
struct SuanpanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suanpan",
        abstract: "A compute-power exchange: hours of accelerators, traded, delivered, settled, audited.",
        subcommands: [
            ServeCommand.self, MigrateCommand.self, AuditCommand.self, ReplayCommand.self, SnapshotCommand.self,
            RebuildProjectionsCommand.self, ExportCommand.self, RotateLedgerKeyCommand.self,
            PlayDayCommand.self, ImportTraceCommand.self, BenchCommand.self,
        ]
    )
}
