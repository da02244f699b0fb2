# Look-up structures: handles → objects, and 20-byte keys (addresses, ufrags) → transports.

cdef enum:
    # Per kind and worker: a handle keeps the slot in 16 bits and the slot's generation in the other 16.
    MAX_SLOTS = 65536


cdef u32 slots_add(Slots* slots, void* item) noexcept nogil:
    """A handle for *item*, never 0; 0 if there is no room or no memory."""
    cdef u32 slot = 0
    if slots.count == slots.capacity and not slots_grow(slots):
        return 0
    while slots.items[slot] != NULL:
        slot += 1
    slots.items[slot] = item
    slots.count += 1
    return (<u32>slots.generations[slot] << 16) | slot


cdef bint slots_grow(Slots* slots) noexcept nogil:
    cdef u32 capacity = max(64, slots.capacity * 2)
    cdef u32 slot
    cdef void** items
    cdef u16* generations
    if capacity > MAX_SLOTS:
        return False
    items = <void**>realloc(slots.items, capacity * sizeof(void*))
    if items == NULL:
        return False
    slots.items = items
    generations = <u16*>realloc(slots.generations, capacity * sizeof(u16))
    if generations == NULL:
        return False
    slots.generations = generations
    for slot in range(slots.capacity, capacity):
        slots.items[slot] = NULL
        slots.generations[slot] = 1
    slots.capacity = capacity
    return True


cdef void* slots_get(const Slots* slots, u32 handle) noexcept nogil:
    """The object, or NULL if it was removed meanwhile."""
    cdef u32 slot = handle & 0xFFFF
    if slot >= slots.capacity or slots.generations[slot] != handle >> 16:
        return NULL
    return slots.items[slot]


cdef void slots_remove(Slots* slots, u32 handle) noexcept nogil:
    cdef u32 slot = handle & 0xFFFF
    slots.items[slot] = NULL
    slots.generations[slot] += 1
    if slots.generations[slot] == 0:
        slots.generations[slot] = 1
    slots.count -= 1


cdef inline u32 hash_key(const u8* key) noexcept nogil:
    """FNV-1a. Only authenticated peers get keys into a table, so nobody can choose collisions blindly."""
    cdef u32 value = 2166136261U
    cdef int index
    for index in range(KEY_BYTES):
        value = (value ^ key[index]) * 16777619U
    return value


cdef u64 fnv64(const u8* data, int length) noexcept nogil:
    """FNV-1a of an id of any length."""
    cdef u64 value = 14695981039346656037U
    cdef int index
    for index in range(length):
        value = (value ^ data[index]) * 1099511628211U
    return value


cdef TableEntry* table_find(const Table* table, const u8* key) noexcept nogil:
    """The entry of *key*, or the free entry where it belongs (transport NULL); NULL for an empty table."""
    cdef u32 index
    if table.capacity == 0:
        return NULL
    index = hash_key(key) & (table.capacity - 1)
    while table.entries[index].transport != NULL and memcmp(table.entries[index].key, key, KEY_BYTES) != 0:
        index = (index + 1) & (table.capacity - 1)
    return &table.entries[index]


cdef Transport* table_get(const Table* table, const u8* key) noexcept nogil:
    cdef TableEntry* entry = table_find(table, key)
    return entry.transport if entry != NULL else NULL


cdef bint table_put(Table* table, const u8* key, Transport* transport) noexcept nogil:
    cdef TableEntry* entry
    # At most three quarters full, so that probing stays short and always ends.
    if 4 * (table.count + 1) > 3 * table.capacity and not table_grow(table):
        return False
    entry = table_find(table, key)
    if entry.transport == NULL:
        memcpy(entry.key, key, KEY_BYTES)
        table.count += 1
    entry.transport = transport
    return True


cdef bint table_grow(Table* table) noexcept nogil:
    cdef Table larger
    cdef u32 index
    larger.capacity = max(64, table.capacity * 2)
    larger.count = 0
    larger.entries = <TableEntry*>calloc(larger.capacity, sizeof(TableEntry))
    if larger.entries == NULL:
        return False
    for index in range(table.capacity):
        if table.entries[index].transport != NULL:
            table_put(&larger, table.entries[index].key, table.entries[index].transport)
    free(table.entries)
    table[0] = larger
    return True


cdef void table_remove(Table* table, const u8* key) noexcept nogil:
    """Open addressing without tombstones: what follows in the probe sequence is put back."""
    cdef TableEntry* entry = table_find(table, key)
    cdef TableEntry moved
    cdef u32 index
    if entry == NULL or entry.transport == NULL:
        return
    entry.transport = NULL
    table.count -= 1
    index = <u32>(entry - table.entries)
    while True:
        index = (index + 1) & (table.capacity - 1)
        if table.entries[index].transport == NULL:
            return
        moved = table.entries[index]
        table.entries[index].transport = NULL
        table_find(table, moved.key)[0] = moved
