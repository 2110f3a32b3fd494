// Counts the heap allocations of the calling thread, by standing in for the C library's allocator.
#pragma once
#include <stdint.h>

// Calls of malloc, calloc, realloc and aligned allocation by this thread so far.
uint64_t suanpan_allocation_count(void);
