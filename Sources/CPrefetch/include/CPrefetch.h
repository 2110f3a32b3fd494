// Asks the processor to bring a cache line in. A hint: it never faults, whatever the address.
#pragma once

static inline void suanpan_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }
static inline void suanpan_prefetch_for_write(const void *address) { __builtin_prefetch(address, 1, 3); }
