# The dependency descriptor (RTP payload format for AV1, appendix A): a header extension that says of each frame where it stands
# among layers, whatever the codec. Frames refer to templates, which come with keyframes.

cdef enum:
    DESCRIPTOR_BYTES = 3
    HAS_STRUCTURE = 0x10
    HAS_ACTIVE_TARGETS = 0x08
    HAS_CUSTOM_INDICATIONS = 0x04
    INDICATION_NOT_PRESENT = 0
    INDICATION_SWITCH = 2
    LAST_TEMPLATE = 3


cdef struct Bits:
    const u8* data
    int count
    int position


cdef u32 read_bits(Bits* bits, int count) noexcept nogil:
    """The next *count* (at most 16) bits; zeros beyond the end, which has_overrun() tells."""
    cdef u32 value = 0
    cdef int index
    for index in range(bits.position, bits.position + count):
        value <<= 1
        if index < bits.count:
            value |= (bits.data[index >> 3] >> (7 - (index & 7))) & 1
    bits.position += count
    return value


cdef inline bint has_overrun(const Bits* bits) noexcept nogil:
    return bits.position > bits.count


cdef u32 read_non_symmetric(Bits* bits, u32 limit) noexcept nogil:
    """A number below *limit* (appendix A.8.1, ns(n))."""
    cdef int width = 0
    cdef u32 rest = limit
    cdef u32 short_ones, value
    while rest:
        rest >>= 1
        width += 1
    short_ones = (<u32>1 << width) - limit
    value = read_bits(bits, width - 1)
    return value if value < short_ones else (value << 1) - short_ones + read_bits(bits, 1)


# -------------------------------------------------------------------------------------------------------------- frames

cdef void mark_dependency(
    const DependencyStructure* known, const u8* data, int length, Marking* marking
) noexcept nogil:
    """Where the frame stands; says nothing if its template is not known or the descriptor is cut short."""
    cdef const DependencyStructure* structure = known
    cdef DependencyStructure attached
    cdef Bits bits
    cdef u32 flags = 0
    cdef int template_index
    cdef u16 opens
    if length < DESCRIPTOR_BYTES:
        return
    bits.data, bits.count, bits.position = data, 8 * length, 8 * DESCRIPTOR_BYTES
    if length > DESCRIPTOR_BYTES:
        flags = read_bits(&bits, 5)
    if flags & HAS_STRUCTURE:
        if not read_structure(&bits, &attached):
            return
        structure = &attached
        marking.spatial_layers = attached.spatial_layers
    template_index = ((data[0] & 0x3F) + 64 - structure.template_offset) % 64
    if template_index >= structure.template_count:
        return
    opens = structure.opens[template_index]
    if flags & HAS_ACTIVE_TARGETS:
        bits.position += structure.target_count
    if flags & HAS_CUSTOM_INDICATIONS:
        opens = read_indications(&bits, structure)
        if has_overrun(&bits):
            return
    marking.is_layered = True
    marking.point = structure.point[template_index]
    marking.starts = (data[0] & 0x80) != 0 and spatial_of(marking.point) == 0
    marking.ends |= (data[0] & 0x40) != 0
    marking.opens = opens if data[0] & 0x80 else 0
    marking.opens_from = marking.point


cdef u16 read_indications(Bits* bits, const DependencyStructure* structure) noexcept nogil:
    """The operating points that are decodable from this frame on, if it is."""
    cdef u16 opens = 0
    cdef int target
    for target in range(structure.target_count):
        if read_bits(bits, 2) == INDICATION_SWITCH:
            opens |= <u16>(1 << structure.target_point[target])
    return opens


cdef void learn_structure(UpTrack* track, Layer* layer, const Rtp* rtp, i64 sequence) noexcept nogil:
    """Keep the templates that a packet brings, for those that come after it."""
    cdef int index = find_extension(rtp, track.dependency_extension)
    cdef DependencyStructure attached
    cdef Bits bits
    if index < 0 or rtp.extension_length[index] <= DESCRIPTOR_BYTES or sequence <= layer.structure_sequence:
        return
    bits.data = rtp.data + rtp.extension_offset[index]
    bits.count, bits.position = 8 * rtp.extension_length[index], 8 * DESCRIPTOR_BYTES
    if read_bits(&bits, 5) & HAS_STRUCTURE and read_structure(&bits, &attached):
        layer.structure = attached
        layer.structure_sequence = sequence


# ---------------------------------------------------------------------------------------------------------- structure

cdef bint read_structure(Bits* bits, DependencyStructure* structure) noexcept nogil:
    """template_dependency_structure() of appendix A.8.2, up to its end; False if it is not all there."""
    cdef u8 spatial[MAX_TEMPLATES]
    cdef u8 temporal[MAX_TEMPLATES]
    memset(structure, 0, sizeof(DependencyStructure))
    structure.template_offset = <u8>read_bits(bits, 6)
    structure.target_count = <u8>(read_bits(bits, 5) + 1)
    if not read_template_layers(bits, structure, spatial, temporal):
        return False
    read_template_indications(bits, structure, spatial, temporal)
    skip_template_references(bits, structure)
    if read_bits(bits, 1):
        bits.position += 32 * structure.spatial_layers
    return not has_overrun(bits)


cdef bint read_template_layers(
    Bits* bits, DependencyStructure* structure, u8* spatial_of_template, u8* temporal_of_template
) noexcept nogil:
    cdef u8 spatial = 0
    cdef u8 temporal = 0
    cdef u32 step = 0
    while step != LAST_TEMPLATE:
        if structure.template_count == MAX_TEMPLATES:
            return False
        spatial_of_template[structure.template_count] = spatial
        temporal_of_template[structure.template_count] = temporal
        structure.point[structure.template_count] = <u8>point_of(spatial, temporal)
        structure.template_count += 1
        step = read_bits(bits, 2)
        if step == 1:
            temporal += 1
        elif step == 2:
            spatial += 1
            temporal = 0
    structure.spatial_layers = spatial + 1
    return True


cdef void read_template_indications(
    Bits* bits, DependencyStructure* structure, const u8* spatial, const u8* temporal
) noexcept nogil:
    """A decode target is the operating point of the highest layers that any of its templates has (decode_target_layers())."""
    cdef u8 indications[MAX_TEMPLATES][MAX_TARGETS]
    cdef int each, target
    cdef int highest_spatial, highest_temporal
    for each in range(structure.template_count):
        for target in range(structure.target_count):
            indications[each][target] = <u8>read_bits(bits, 2)
    for target in range(structure.target_count):
        highest_spatial = highest_temporal = 0
        for each in range(structure.template_count):
            if indications[each][target] != INDICATION_NOT_PRESENT:
                highest_spatial = max(highest_spatial, spatial[each])
                highest_temporal = max(highest_temporal, temporal[each])
        structure.target_point[target] = <u8>point_of(highest_spatial, highest_temporal)
        for each in range(structure.template_count):
            if indications[each][target] == INDICATION_SWITCH:
                structure.opens[each] |= <u16>(1 << structure.target_point[target])


cdef void skip_template_references(Bits* bits, const DependencyStructure* structure) noexcept nogil:
    """template_fdiffs() and template_chains()."""
    cdef int index
    cdef u32 chains
    for index in range(structure.template_count):
        while read_bits(bits, 1):
            bits.position += 4
    chains = read_non_symmetric(bits, structure.target_count + 1)
    if chains:
        for index in range(structure.target_count):
            read_non_symmetric(bits, chains)
        bits.position += 4 * structure.template_count * <int>chains
