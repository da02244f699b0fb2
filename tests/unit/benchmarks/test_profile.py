"""Stacks as perf writes them, and what they are put down to."""

import pytest

from benchmarks.profile import PARTS, profile_table, shares

SCRIPT = """\
python 7/7
\t           1a2b3 _PyEval_EvalFrameDefault (/usr/lib/libpython3.11.so.1.0)

run from ovrout 7/9
\t          12b501 srtp_get_stream (/site-packages/pylibsrtp/_binding.abi3.so)
\t           22482 __pyx_f_send_media (/ovrouter/_fastpath/_core.cpython-311-x86_64-linux-gnu.so)

run from ovrout 7/9
\t          2e6635 ossl_aes_gcm_encrypt_avx512 (/site-packages/pylibsrtp/_binding.abi3.so)

run from ovrout 7/9
\t           21fce __pyx_f_send_media (/ovrouter/_fastpath/_core.cpython-311-x86_64-linux-gnu.so)
\t               0 [unknown] ([unknown])

run from ovrout 7/9
\tffffffff81e3313a udp_sendmsg ([kernel.kallsyms])
\tffffffff81e2fe94 __sys_sendmmsg ([kernel.kallsyms])

run from ovrout 7/9
\tffffffff81e3313a udp_queue_rcv_skb ([kernel.kallsyms])
\tffffffff81e3313b net_rx_action ([kernel.kallsyms])
\tffffffff81e2fe94 __sys_sendmmsg ([kernel.kallsyms])

run from ovrout 7/9
\tffffffff81e3313a copy_to_user ([kernel.kallsyms])
\tffffffff81e2fe94 __sys_recvmmsg ([kernel.kallsyms])

run from ovrout 7/9
\tffffffff81e3313a schedule ([kernel.kallsyms])
\tffffffff81e2fe94 do_epoll_wait ([kernel.kallsyms])

run from ovrout 7/9
\t           9a001 __memmove_avx512_unaligned_erms (/usr/lib/libc.so.6)

"""


def test_each_part_gets_its_sample():
    assert shares(SCRIPT) == pytest.approx(dict.fromkeys(PARTS, 1 / len(PARTS)))


def test_parts_add_up_in_the_table():
    load = {"packets_per_s": 24_500.0, "cpu_us_per_packet": 1.8, "shares": shares(SCRIPT)}
    head, _, *parts, total = profile_table({"loads": [load]}).splitlines()
    assert head == "|  | 24,500 packets/s |"
    assert total == "| all | 1.80 |"
    assert [row.split("|")[2].strip() for row in parts] == ["0.20"] * len(PARTS)
