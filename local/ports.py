"""TCP ports of this machine: free ones, and who really holds one."""

import random
import socket
from collections.abc import Collection

import psutil

from local.supervisor import ChildFailed

PORTS = range(20_000, 32_000)
"""Below the range from which Linux takes the ports of outgoing connections."""


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(besides: Collection[int] = ()) -> int:
    while True:
        port = random.choice(PORTS)
        if port not in besides and is_free(port):
            return port


def listens(pid: int, port: int) -> bool:
    """Whether ``pid`` itself holds the listening port; raises ChildFailed when another process does."""
    if holds(pid, port):
        return True
    taken = any(held.laddr.port == port and held.status == "LISTEN" for held in psutil.net_connections("tcp"))
    if taken and not holds(pid, port):  # asked again: it may have begun to listen between the two looks
        raise ChildFailed(f"port {port} is held by another process than the one started (pid {pid})")
    return taken


def holds(pid: int, port: int) -> bool:
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    return any(held.laddr.port == port and held.status == "LISTEN" for held in connections)
