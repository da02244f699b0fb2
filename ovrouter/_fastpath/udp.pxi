# Datagrams in and out in batches: recvmmsg with UDP_GRO, sendmmsg with UDP_SEGMENT (GSO).

cdef enum:
    # How long a full socket buffer may hold the worker before the datagram is dropped.
    SEND_WAIT_MS = 2


cdef void write_name(const Address* address, sockaddr_in6* name, msghdr* message) noexcept nogil:
    cdef sockaddr_in* name4 = <sockaddr_in*>name
    memset(name, 0, sizeof(sockaddr_in6))
    message.msg_name = name
    if address.is_ipv6:
        name.sin6_family = <sa_family_t>AF_INET6
        write_u16(<u8*>&name.sin6_port, address.port)
        memcpy(name.sin6_addr.s6_addr, address.ip, 16)
        message.msg_namelen = sizeof(sockaddr_in6)
    else:
        name4.sin_family = <sa_family_t>AF_INET
        write_u16(<u8*>&name4.sin_port, address.port)
        memcpy(&name4.sin_addr, address.ip, 4)
        message.msg_namelen = sizeof(sockaddr_in)


cdef void read_name(const sockaddr_in6* name, int socket_index, Address* address) noexcept nogil:
    cdef const sockaddr_in* name4 = <const sockaddr_in*>name
    memset(address, 0, sizeof(Address))
    address.socket_index = <u8>socket_index
    if name.sin6_family == AF_INET6:
        address.is_ipv6 = 1
        address.port = read_u16(<const u8*>&name.sin6_port)
        memcpy(address.ip, name.sin6_addr.s6_addr, 16)
    else:
        address.port = read_u16(<const u8*>&name4.sin_port)
        memcpy(address.ip, &name4.sin_addr, 4)


# ---------------------------------------------------------------------------------------------------------- sending

cdef void flush(void* shell_pointer) noexcept nogil:
    """Send what is queued. Whoever calls holds the gate."""
    cdef Shell* shell = <Shell*>shell_pointer
    cdef SendQueue* queue = &shell.state.sending
    cdef int index = 0
    cdef u32 offset = 0
    while index < queue.count:
        send_some(shell, queue, &index, &offset)
    send_clear(queue)
    flush_taps(shell.state)


cdef void send_some(Shell* shell, SendQueue* queue, int* index, u32* offset) noexcept nogil:
    """One sendmmsg from (message *index*, byte *offset* within it) on; moves both past what was sent or dropped."""
    cdef int count = 0
    cdef int sent, first_index = index[0]
    cdef u32 first_offset = offset[0]
    cdef u8 socket_index = queue.messages[first_index].to.socket_index
    while index[0] < queue.count and count < SEND_VECTOR and queue.messages[index[0]].to.socket_index == socket_index:
        fill_send(shell, count, queue, index, offset)
        count += 1
    sent = sendmmsg(shell.fds[socket_index], shell.send, count, MSG_DONTWAIT)
    shell.system_calls += 1
    if sent == count:
        return
    # Go back to the first message that was not sent.
    index[0], offset[0] = first_index, first_offset
    skip_messages(shell, queue, index, offset, max(sent, 0))
    if sent < 0:
        on_send_error(shell, queue, index, offset, errno)


cdef void fill_send(Shell* shell, int slot, SendQueue* queue, int* index, u32* offset) noexcept nogil:
    cdef Message* message = &queue.messages[index[0]]
    cdef msghdr* header = &shell.send[slot].msg_hdr
    cdef cmsghdr* control
    shell.send_iov[slot].iov_base = queue.arena + message.offset + offset[0]
    shell.send_iov[slot].iov_len = send_size(shell, message, offset[0])
    write_name(&message.to, &shell.send_names[slot], header)
    header.msg_iov = &shell.send_iov[slot]
    header.msg_iovlen = 1
    header.msg_control = NULL
    header.msg_controllen = 0
    if shell.has_gso and message.segments > 1:
        header.msg_control = &shell.send_control[slot][0]
        header.msg_controllen = CMSG_SPACE(sizeof(u16))
        control = CMSG_FIRSTHDR(header)
        control.cmsg_level = SOL_UDP
        control.cmsg_type = UDP_SEGMENT
        control.cmsg_len = CMSG_LEN(sizeof(u16))
        memcpy(CMSG_DATA(control), &message.segment_bytes, sizeof(u16))
    skip_messages(shell, queue, index, offset, 1)


cdef inline u32 send_size(const Shell* shell, const Message* message, u32 offset) noexcept nogil:
    """All that is left of the message with GSO, one segment of it without."""
    cdef u32 left = message.length - offset
    return left if shell.has_gso else min(left, <u32>message.segment_bytes)


cdef void skip_messages(const Shell* shell, const SendQueue* queue, int* index, u32* offset, int count) noexcept nogil:
    while count > 0 and index[0] < queue.count:
        offset[0] += send_size(shell, &queue.messages[index[0]], offset[0])
        if offset[0] >= queue.messages[index[0]].length:
            index[0] += 1
            offset[0] = 0
        count -= 1


cdef void on_send_error(Shell* shell, SendQueue* queue, int* index, u32* offset, int error) noexcept nogil:
    """Wait a little for buffer space; do without GSO where it is not to be had; else drop the message."""
    cdef pollfd waiting
    if error == EINTR:
        return
    if error in (EAGAIN, ENOBUFS):
        waiting.fd = shell.fds[queue.messages[index[0]].to.socket_index]
        waiting.events = <short>POLLOUT
        if poll(&waiting, 1, SEND_WAIT_MS) > 0:
            return
    elif error in (EIO, EINVAL) and shell.has_gso and queue.messages[index[0]].segments > 1:
        shell.has_gso = False
        return
    shell.state.drops[DROP_SEND_FAILED] += queue.messages[index[0]].segments if shell.has_gso else 1
    skip_messages(shell, queue, index, offset, 1)


# -------------------------------------------------------------------------------------------------------- receiving

cdef int receive_batch(Shell* shell, int socket_index) noexcept nogil:
    """One recvmmsg and all that follows from it; returns the number of messages (each may hold several datagrams)."""
    cdef int count, index
    for index in range(RECEIVE_MESSAGES):
        shell.receive_iov[index].iov_base = received(shell, index)
        shell.receive_iov[index].iov_len = RECEIVE_BYTES
        shell.receive[index].msg_hdr.msg_iov = &shell.receive_iov[index]
        shell.receive[index].msg_hdr.msg_iovlen = 1
        shell.receive[index].msg_hdr.msg_name = &shell.receive_names[index]
        shell.receive[index].msg_hdr.msg_namelen = sizeof(sockaddr_in6)
        shell.receive[index].msg_hdr.msg_control = &shell.receive_control[index][0]
        shell.receive[index].msg_hdr.msg_controllen = CONTROL_BYTES
    count = recvmmsg(shell.fds[socket_index], shell.receive, RECEIVE_MESSAGES, MSG_DONTWAIT, NULL)
    shell.system_calls += 1
    if count <= 0:
        return 0
    gate_enter(&shell.state.gate)
    for index in range(count):
        receive_message(shell, socket_index, index, monotonic_us())
        if gate_has_waiters(&shell.state.gate):
            # A command waits: let it in between messages.
            forward_batch(shell.state, monotonic_us())
            flush(shell)
            gate_leave(&shell.state.gate)
            gate_enter(&shell.state.gate)
    if shell.state.batch_count:
        shell.receive_set += 1
    release(shell, monotonic_us())
    flush(shell)
    gate_leave(&shell.state.gate)
    return count


cdef inline u8* received(const Shell* shell, int index) noexcept nogil:
    """The buffer of one message."""
    return shell.receive_bytes + (shell.receive_set * RECEIVE_MESSAGES + index) * RECEIVE_BYTES


cdef void receive_message(Shell* shell, int socket_index, int index, i64 now_us) noexcept nogil:
    """Take the datagrams that GRO joined apart again."""
    cdef u8* data = received(shell, index)
    cdef int length = <int>shell.receive[index].msg_len
    cdef int segment = gro_segment(&shell.receive[index].msg_hdr, length)
    cdef Address source
    cdef int offset = 0
    read_name(&shell.receive_names[index], socket_index, &source)
    while offset < length or length == 0:
        on_datagram(shell.state, data + offset, min(segment, length - offset), &source, now_us)
        offset += segment
        if length == 0:
            return


cdef int gro_segment(msghdr* message, int length) noexcept nogil:
    """Size of the datagrams in the message; the whole if the kernel joined nothing."""
    cdef cmsghdr* control = CMSG_FIRSTHDR(message)
    cdef int size = 0
    while control != NULL:
        if control.cmsg_level == SOL_UDP and control.cmsg_type == UDP_GRO:
            memcpy(&size, CMSG_DATA(control), sizeof(int))
        control = CMSG_NXTHDR(message, control)
    return size if size > 0 else max(length, 1)


cdef inline i64 monotonic_us() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return <i64>now.tv_sec * 1000000 + now.tv_nsec // 1000
