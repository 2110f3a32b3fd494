private import CPrefetch

/// The processor's hint that a line of memory is about to be written.
package enum Prefetch {
    /// Brings in the line at `address`, which may be anything.
    @inline(__always)
    package static func line(_ address: UnsafeRawPointer?) { suanpan_prefetch_for_write(address) }
}
