"""Serves the published keys of each server by https."""

import functools
import http.server
import ssl
import sys

directory, tls, port = sys.argv[1:]
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=directory)
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{tls}.pem", f"{tls}.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
