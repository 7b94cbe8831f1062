"""Refuses each connection of a scanner to another machine, and notes in $OFFLINE_NOTES that it was tried.

Python imports this at its start where it is first in PYTHONPATH.
"""

import os
import socket


def refuse(what):
    with open(os.environ["OFFLINE_NOTES"], "a") as notes:
        notes.write(f"{what}\n")
    raise OSError(f"{what}: a scan makes no connections")


def lookup(host, *_, **__):
    return refuse(f"lookup of {host}")


def connect(real):
    def guarded(self, address):
        if self.family == socket.AF_UNIX:
            return real(self, address)
        return refuse(f"connection to {address}")

    return guarded


socket.getaddrinfo = socket.gethostbyname = lookup
socket.socket.connect = connect(socket.socket.connect)
socket.socket.connect_ex = connect(socket.socket.connect_ex)
