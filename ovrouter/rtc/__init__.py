"""One WebRTC peer without sockets and clocks: SDP, negotiation, DTLS, certificates, ICE credentials (cold)."""
