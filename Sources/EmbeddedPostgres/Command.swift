import Foundation

/// Runs one program to its end and keeps what it printed.
///
/// The program gets a process group of its own, so that a Ctrl-C at our terminal does not reach it (`pg_ctl` gives
/// the server it leaves behind even a session of its own); default signal handling; a bare environment, because
/// variables such as `PGDATA` would mislead it; `/` as its folder, because the unprivileged user may not enter ours;
/// and none of our open files. Its output goes to a file and not to a pipe: the server would hold a pipe open for
/// ever.
enum Command {
    /// How a program ended.
    struct Outcome {
        /// The exit status, or 128 plus the signal that ended it.
        let status: Int32
        /// Standard output and error together, at most its last 4,000 bytes.
        let output: String
    }

    /// Runs `arguments`, the first of which is the program's path.
    ///
    /// - Throws: `programFailed` when it cannot even be started.
    static func run(_ arguments: [String], input: String = "") throws(EmbeddedPostgresError) -> Outcome {
        let program = arguments[0]
        guard let output = tmpfile(), let source = tmpfile() else {
            throw .programFailed(program: program, output: "no temporary file: \(lastSystemError())")
        }
        defer {
            fclose(output)
            fclose(source)
        }
        fputs(input, source)
        rewind(source)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, fileno(source), 0)
        posix_spawn_file_actions_adddup2(&actions, fileno(output), 1)
        posix_spawn_file_actions_adddup2(&actions, fileno(output), 2)
        for descriptor in openDescriptors() where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"]
        let shell = ["/bin/sh", "-c", "cd / && exec \"$@\"", "sh"]
        var argumentPointers = (shell + arguments).map { strdup($0) } + [nil]
        var environmentPointers = environment.map { strdup($0) } + [nil]
        defer {
            argumentPointers.forEach { free($0) }
            environmentPointers.forEach { free($0) }
        }
        var process: pid_t = 0
        let failure = posix_spawn(&process, shell[0], &actions, &attributes, &argumentPointers, &environmentPointers)
        guard failure == 0 else {
            throw .programFailed(program: program, output: String(cString: strerror(failure)))
        }
        return Outcome(status: wait(for: process), output: tail(of: output))
    }

    /// Runs `arguments` and treats every exit status but 0 as a failure.
    static func require(_ arguments: [String], input: String = "") throws(EmbeddedPostgresError) {
        let outcome = try run(arguments, input: input)
        guard outcome.status == 0 else {
            throw .programFailed(program: arguments[0], output: outcome.output)
        }
    }

    /// Our open files. One that another thread closes meanwhile does no harm to the start of the program.
    private static func openDescriptors() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }
    }

    private static func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1 {
            guard errno == EINTR else { return 127 }
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    private static func tail(of file: UnsafeMutablePointer<FILE>) -> String {
        var information = stat()
        fstat(fileno(file), &information)
        let start = max(0, Int(information.st_size) - 4000)
        var bytes = [UInt8](repeating: 0, count: 4000)
        let count = pread(fileno(file), &bytes, bytes.count, start)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// What the last failed system call of this thread says.
func lastSystemError() -> String {
    String(cString: strerror(errno))
}
