"""Runs a command on a terminal of its own; closes the terminal, or types Ctrl-C, once the output holds a text.

usage: terminal.py close|ctrl-c TEXT COMMAND...
Prints the exit status as JSON.
"""
import json
import os
import pty
import sys
import time

how, text, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b""
acted = 0.0
status = None
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        chunk = b""
    if not chunk:
        break
    seen += chunk
    if text.encode() in seen and not acted:
        acted = time.monotonic()
        if how == "close":
            os.close(terminal)
            break
        os.write(terminal, b"\x03")
_, status = os.waitpid(pid, 0)
print(json.dumps({
    # As a shell has it: 128 and the number of the signal.
    "code": os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status),
    "seconds": time.monotonic() - acted,
    "output": seen.decode(errors="replace"),
}))
