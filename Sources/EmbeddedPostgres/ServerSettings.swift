/// The settings file of the private server, written anew at every start.
struct ServerSettings {
    /// Whether committed data survive a power cut.
    enum Durability {
        case full
        /// Only for tests: a crash of the machine may lose everything.
        case none
    }

    let socketDirectory: String
    let durability: Durability

    /// The file's name below the data directory; `postgresql.conf` includes it.
    static let fileName = "suanpan.conf"

    /// What of the log stays on disk, for use again.
    static let keptLogMebibytes = 2_048
    static let logSegmentBytes = 16 << 20

    /// The text of the file.
    ///
    /// The socket's folder is a list to PostgreSQL, hence the inner double quotes. Memory is set for a machine that
    /// the exchange shares; a checkpoint every 15 minutes or gigabyte of log takes its segments back into use before new ones are needed.
    /// `wal_buffers` holds several frames of the largest size (4 MiB), so that inserting one never has to write the log before its commit
    /// does; the background writer keeps clean buffers at hand, so that the writer's session has none to write out.
    var text: String {
        let folder = Self.escaped(Self.escaped(socketDirectory, "\""), "'")
        let durable = durability == .full ? "on" : "off"
        return """
            # Written by suanpan at every start; changes belong into postgresql.auto.conf (ALTER SYSTEM).
            listen_addresses = ''
            port = 5432
            unix_socket_directories = '"\(folder)"'
            unix_socket_permissions = 0700
            max_connections = 100

            fsync = \(durable)
            synchronous_commit = \(durable)
            full_page_writes = \(durable)
            wal_level = replica
            wal_buffers = \(durability == .full ? "32MB" : "4MB")
            max_wal_size = \(durability == .full ? "\(Self.keptLogMebibytes)MB" : "256MB")
            min_wal_size = \(durability == .full ? "\(Self.keptLogMebibytes)MB" : "80MB")
            checkpoint_timeout = 15min
            checkpoint_completion_target = 0.9
            bgwriter_delay = 20ms
            bgwriter_lru_maxpages = 1000
            bgwriter_lru_multiplier = 4

            shared_buffers = \(durability == .full ? "256MB" : "64MB")
            work_mem = 16MB
            maintenance_work_mem = 128MB
            effective_io_concurrency = 16
            random_page_cost = 1.1
            jit = off

            timezone = 'UTC'
            log_timezone = 'UTC'
            logging_collector = on
            log_directory = 'log'
            log_filename = 'postgresql-%a.log'
            log_truncate_on_rotation = on
            log_rotation_age = 1d
            log_rotation_size = 0

            """
    }

    /// `text` with every `quote` doubled.
    private static func escaped(_ text: String, _ quote: Character) -> String {
        text.split(separator: quote, omittingEmptySubsequences: false).joined(separator: "\(quote)\(quote)")
    }
}
