"""A mail server in a process of its own, which says when a mail has arrived: its CPU counts for nobody."""

import subprocess
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SINK = """
import socketserver, sys, threading, time
arrived = []
class Answers(socketserver.StreamRequestHandler):
    def handle(self):
        say = lambda words: (self.wfile.write(words + b"\\r\\n"), self.wfile.flush())
        say(b"220 sink")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"EHLO":
                say(b"250-sink\\r\\n250 8BITMIME")
            elif word == b"RCPT":
                recipient = line.partition(b"<")[2].partition(b">")[0].decode()
                say(b"250 OK")
            elif word == b"DATA":
                say(b"354 go on")
                while self.rfile.readline() != b".\\r\\n":
                    pass
                arrived.append(recipient)
                say(b"250 stored")
            elif word == b"QUIT":
                say(b"221 bye")
                return
            else:
                say(b"250 OK")
class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 100
server = Server(("127.0.0.1", int(sys.argv[1])), Answers)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    word = line.strip()
    deadline = time.monotonic() + 120
    while word not in arrived[-3000:] and time.monotonic() < deadline:
        time.sleep(0.002)
    print(time.time(), len(arrived), flush=True)
"""


class SinkProcess:
    """A mail server in a process of its own."""

    def __init__(self):
        from tests.servers import free_port

        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-c", SINK, str(self.port)], cwd=BASE_DIR,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout.readline().strip() == "ready"

    def arrival_of(self, recipient):
        """Return when the mail to this recipient arrived (time.time()), and how many mails have."""
        self.process.stdin.write(f"{recipient}\n")
        self.process.stdin.flush()
        at, count = self.process.stdout.readline().split()
        return float(at), int(count)

    def stop(self):
        self.process.kill()
        self.process.wait()
