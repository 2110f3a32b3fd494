import Glibc

/// Memory that was freed and that the allocator keeps for later.
enum FreedMemory {
    /// Gives it back to the system, where the C library can (glibc's `malloc_trim`, which no Swift module declares).
    ///
    /// The only unsafe step is the call by name: the function has had this signature since glibc 2.0, and where there is none by
    /// that name nothing is called.
    static func giveBack() {
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        let trim = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)
        _ = trim(0)
    }
}
