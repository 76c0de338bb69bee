"""Shells at a terminal, as somebody who types sees them."""
import os
import pty
import select
import signal
import time

PROMPT = "#ready#"
PASTE = "\x1b[?2004h"  # what zsh says behind its first prompt


def at_prompt(got):
    return got.removesuffix(PASTE).endswith(PROMPT)


class Shell:
    """One at a terminal of its own; `setup`: its first command."""

    def __init__(self, command, folder, setup):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = {"PATH": "%s:/usr/bin:/bin:/usr/sbin:/sbin" % folder, "PS1": PROMPT, "TERM": "dumb", "INPUTRC": "/dev/null",
                   "HISTFILE": "/dev/null", "LC_ALL": "C.UTF-8"}
            os.execvpe(command[0], command, env)
        self.read(at_prompt)
        self.line("stty cols 500")
        self.line(setup)

    def line(self, text):
        """What a command prints."""
        self.send(text + "\n")
        return self.read(at_prompt)[:-len(PROMPT)]

    def send(self, text):
        os.write(self.fd, text.encode())

    def read(self, is_enough, seconds=10.0):
        got, limit = "", time.monotonic() + seconds
        while not is_enough(got) and time.monotonic() < limit:
            if select.select([self.fd], [], [], 0.02)[0]:
                got += os.read(self.fd, 65536).decode(errors="replace")
        return got

    def complete(self, typed, expected):
        """The line after the tab key: as soon as it is as expected, and stays so, or after a while."""
        self.send(typed + "\t")
        got = self.read(lambda got: got.endswith(expected))
        got += self.read(lambda got: False, 0.1)
        self.send("\x15\x0b")  # the prompt may be drawn anew, so that a command has to tell
        self.send(": cleared\n")
        self.read(lambda got: got.replace("\r", "").endswith("cleared\n" + PROMPT))
        return got

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
