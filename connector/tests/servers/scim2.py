"""Starts scim2-server on a free port, says which, and ends when nobody holds its standard input."""

import os
import sys
import threading

from scim2_server.testserver import cli

make_server = cli.make_server


def announced(host, port, application, **options):
    server = make_server(host, port, application, **options)
    print(f"listening on {server.server_port}", flush=True)
    return server


def end_with_the_tests():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_the_tests, daemon=True).start()
cli.make_server = announced
cli.main()
