# SPDX-License-Identifier: MIT
"""Runs a command in a terminal of its own and acts like a person in front of it.

usage: terminal.py COLUMNSxROWS ACTION... -- COMMAND...

Actions, one after the other: "see REGEX" waits until what was written since the last action
matches; "type TEXT" (with \\x1b and the like) types; "size COLUMNSxROWS" resizes the window;
"kill SIGNAL" sends the command a signal; "stopped" waits until it has stopped.

What the command writes goes to stdout. At the end, and when it has stopped, a line on stderr says
whether the terminal's modes are those from before ("modes: same"); the last line is how the
command ended ("exit: 0", "signal: 15"). 1 if an action did not come true in ten seconds.
"""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

WAIT_S = 10


def set_size(fd, text):
    columns, rows = map(int, text.split("x"))
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Terminal:
    def __init__(self, size, command):
        self.master, self.slave = pty.openpty()
        set_size(self.slave, size)
        self.modes = termios.tcgetattr(self.slave)
        self.written = b""
        self.status = None
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in 0, 1, 2:
                os.dup2(self.slave, fd)
            os.execvp(command[0], command)

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            data = os.read(self.master, 65536)
            self.written += data
            sys.stdout.buffer.write(data)

    def until(self, what, true):
        end = time.monotonic() + WAIT_S
        while not true():
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                sys.stdout.flush()
                sys.exit(f"did not come true: {what}")
            self.read(0.05)

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        return self.status is not None

    def stopped(self):
        pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
        return pid != 0 and os.WIFSTOPPED(status)

    def tell_modes(self):
        same = termios.tcgetattr(self.slave) == self.modes
        print("modes:", "same" if same else "changed", file=sys.stderr)

    def act(self, action):
        word, _, rest = action.partition(" ")
        if word == "see":
            self.until(action, lambda: re.search(rest.encode(), self.written))
            return
        self.written = b""
        if word == "type":
            os.write(self.master, codecs.decode(rest, "unicode_escape").encode("latin-1"))
        elif word == "size":
            set_size(self.slave, rest)
        elif word == "kill":
            os.kill(self.pid, getattr(signal, "SIG" + rest))
        elif word == "stopped":
            self.until(action, self.stopped)
            self.tell_modes()
        else:
            sys.exit(f"no action: {action}")


def main():
    at = sys.argv.index("--")
    terminal = Terminal(sys.argv[1], sys.argv[at + 1:])
    for action in sys.argv[2:at]:
        terminal.act(action)
    terminal.until("its end", terminal.ended)
    terminal.read(0)
    sys.stdout.flush()
    terminal.tell_modes()
    if os.WIFSIGNALED(terminal.status):
        print("signal:", os.WTERMSIG(terminal.status), file=sys.stderr)
    else:
        print("exit:", os.WEXITSTATUS(terminal.status), file=sys.stderr)


main()
