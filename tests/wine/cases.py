"""The cases of tests/wine/run: what the Windows build does, one exact exit code each. Ends with `N passed, N failed`.

usage: cases.py FOLDER WSURL [REGEX]      FOLDER/program has wsurl.exe; WSURL is the build of this system, for the other end
"""

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import termios
import threading
import time

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "it" / "fixtures"
MIB = 1 << 20
LIMIT = 200  # seconds for one run, also on a machine that is busy with other things
TEXT = "h\u00e9\u20acllo"
CASES = []


class Failed(Exception):
    """A case did not hold; the text says what was seen."""


def check(holds, seen):
    if not holds:
        raise Failed(seen)


def same(name, seen, wanted):
    check(seen == wanted, f"{name} is {brief(seen)}, not {brief(wanted)}")


def brief(value):
    text = repr(value)
    return text if len(text) < 400 else f"{text[:300]}... ({len(value)} long)"


def case(function):
    CASES.append(function)
    return function


class Listener:
    """A WebSocket server that echoes the messages of one client and keeps them, up to the code of its Close."""

    def __init__(self, tls=None):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws{'s' if tls else ''}://127.0.0.1:{self.server.getsockname()[1]}/"
        if tls:
            self.server = tls.wrap_socket(self.server, server_side=True)
        self.messages, self.code = [], None
        self.changed = threading.Condition()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with self.server.accept()[0] as client, client.makefile("rwb") as stream:
            head = b"".join(iter(stream.readline, b"\r\n"))
            key = re.search(rb"(?i)sec-websocket-key: (\S+)", head).group(1)
            accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            stream.write(upgrade + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            stream.flush()
            while self.code is None:
                opcode, length = stream.read(2) or (8, 0)
                mask = stream.read(4)
                payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(stream.read(length & 0x7F)))
                with self.changed:
                    if opcode & 0xF == 8:
                        self.code = int.from_bytes(payload[:2], "big")
                    else:
                        self.messages.append(payload.decode())
                    self.changed.notify_all()
                with contextlib.suppress(OSError):  # it may have left
                    stream.write(bytes([opcode, len(payload)]) + payload)
                    stream.flush()

    def got(self, *messages):
        with self.changed:
            self.changed.wait_for(lambda: len(self.messages) >= len(messages), LIMIT)
            same("the messages", self.messages, list(messages))

    def closed(self, code):
        with self.changed:
            self.changed.wait_for(lambda: self.code is not None, LIMIT)
            same("the close code", self.code, code)


class Bed:
    """The program under wine, a folder for its files, and the echo server of this system."""

    def __init__(self, work, native):
        self.program = work / "program" / "wsurl.exe"
        self.folder = work / "files"
        self.folder.mkdir()
        self.native = native
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(work),
            "LC_ALL": "C.UTF-8",
            **{name: os.environ[name] for name in ("WINEPREFIX", "WINEDEBUG", "WINEDLLOVERRIDES")},
        }
        self.server = subprocess.Popen(
            [native, "echo-test", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.url = self.server.stdout.readline().decode().strip()

    def run(self, *args, stdin=b"", env=None, limit=LIMIT):
        command = ["wine", str(self.program), *args]
        ended = subprocess.run(
            command, cwd=self.folder, env=self.env | (env or {}), input=stdin, capture_output=True, timeout=limit, check=False
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr.decode())


class Ended:
    def __init__(self, status, stdout, stderr):
        self.status, self.stdout, self.stderr = status, stdout, stderr

    def exits(self, status):
        check(self.status == status, f"exit {self.status}, not {status}; stderr: {brief(self.stderr)}")
        return self

    def prints(self, stdout):
        same("stdout", self.stdout, stdout.encode())
        return self

    def says(self, stderr):
        same("stderr", self.stderr, stderr)
        return self


class Console:
    """A run whose console is a terminal of this system, which wine draws on."""

    def __init__(self, bed, *args, term="dumb"):
        self.shown = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(bed.folder)
            os.execvpe("wine", ["wine", str(bed.program), *args], bed.env | {"TERM": term, "NO_COLOR": "1"})
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def read(self, seconds):
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        if not ready:
            return True
        try:
            block = os.read(self.terminal, 65536)
        except OSError:  # nobody holds the other side any more
            return False
        self.shown += block
        return bool(block)

    def text(self):
        """What was shown, without the moves of the cursor."""
        return re.sub(rb"\x1b?\[[0-9;?]*[A-Za-z]", b"", self.shown).decode(errors="replace")

    def shows(self, text):
        deadline = time.monotonic() + LIMIT
        while text not in self.text():
            check(self.read(0.2), f"ended after {brief(self.text())}, without {text!r}")
            check(time.monotonic() < deadline, f"shows {brief(self.text())}, not {text!r}")

    def types(self, text):
        os.write(self.terminal, text.encode())

    def is_read(self):
        """Waits until wine reads keys. Until then, the terminal edits the line."""
        deadline = time.monotonic() + LIMIT
        while termios.tcgetattr(self.terminal)[3] & (termios.ECHO | termios.ICANON):
            self.read(0.05)
            check(time.monotonic() < deadline, f"the keyboard is not read; shows {brief(self.text())}")

    def gives_control_keys(self):
        """Wine leaves it to the terminal to make signals of Ctrl-C and Ctrl-Z, which a console does only when it is asked to."""
        self.is_read()
        modes = termios.tcgetattr(self.terminal)
        modes[3] &= ~termios.ISIG
        termios.tcsetattr(self.terminal, termios.TCSANOW, modes)

    def ends(self, status):
        deadline = time.monotonic() + LIMIT
        while self.read(0.1):
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise Failed(f"still running; shows {brief(self.text())}")
            pid, code = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
        else:
            _, code = os.waitpid(self.pid, 0)
        while select.select([self.terminal], [], [], 0)[0] and self.read(0):
            pass
        os.close(self.terminal)
        same("the exit code", os.waitstatus_to_exitcode(code), status)


# Messages and streams


@case
def tells_its_version(bed):
    check(re.fullmatch(rb"wsurl [0-9.]+\n", bed.run("--version").exits(0).stdout), "it does not")


@case
def sends_a_message_and_lines(bed):
    bed.run("send", bed.url, TEXT).exits(0).prints(f"{TEXT}\n").says("")
    bed.run("send", bed.url, stdin=f"one\n{TEXT}\r\n".encode()).exits(0).prints(f"one\n{TEXT}\n").says("")


@case
def streams_a_file_both_ways(bed):
    data = os.urandom(16 * MIB)
    (bed.folder / "up.bin").write_bytes(data)
    run = bed.run("stream", "-T", "up.bin", "-o", "down.bin", "--digest", "sha256", bed.url).exits(0).prints("")
    digest = hashlib.sha256(data).hexdigest()
    run.says(f"wsurl: sent {16 * MIB} bytes, sha256 {digest}\nwsurl: received {16 * MIB} bytes, sha256 {digest}\n")
    check((bed.folder / "down.bin").read_bytes() == data, "the file is another")
    same("the folder", sorted(os.listdir(bed.folder)), ["down.bin", "up.bin"])


@case
def streams_between_pipes(bed):
    data = os.urandom(16 * MIB)
    run = bed.run("stream", bed.url, stdin=data).exits(0).says("")
    check(run.stdout == data, "other bytes came back")


@case
def ends_quietly_when_its_reader_leaves(bed):
    with subprocess.Popen(
        ["wine", str(bed.program), "send", "-f", "--no-prompt", bed.url],
        cwd=bed.folder, env=bed.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as child:
        child.stdin.write(b"one\n")
        child.stdin.flush()
        same("the first line", child.stdout.readline(), b"one\n")
        child.stdout.close()
        child.stdin.write(b"two\n")
        child.stdin.flush()
        same("the exit code", child.wait(LIMIT), 0)
        same("stderr", child.stderr.read(), b"")


# Servers


@case
def echoes_on_many_connections(bed):
    run = bed.run("echo-test", "--connections", "100", "--report", "json", bed.url).exits(0)
    report = json.loads(run.stdout)
    same("the result", (report["verdict"], report["echoed"], report["corrupted"]), ("ok", 1000, 0))
    bed.run("echo-test").exits(0).says("")


@case
def is_an_echo_server(bed):
    command = ["wine", str(bed.program), "echo-test", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, cwd=bed.folder, env=bed.env, stdout=subprocess.PIPE) as server:
        try:
            url = server.stdout.readline().decode().strip()
            for load in (["--connections", "20"], ["--sizes=1,125,126,65535,65536,1M", "--binary"]):
                command = [bed.native, "echo-test", *load, url]
                ended = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
                same(f"the exit code of a client with {load[0]}", ended.returncode, 0)
        finally:
            server.kill()


@case
def probes(bed):
    run = bed.run("probe", "--report", "json", bed.url).exits(0).says("")
    same("the verdict", json.loads(run.stdout)["verdict"], "ok")


@case
def judges_conformance(bed):
    run = bed.run("probe", "--conformance", "--report", "json", bed.url)
    rules = json.loads(run.stdout)["conformance"]["rules"]
    same("the broken rules", [rule["id"] for rule in rules if rule["verdict"] == "fail"], [])
    check(len(rules) > 50, f"only {len(rules)} rules")
    run.exits(0)


# Failures: one exit code and one text each


def silent():
    """A server that takes connections and says nothing."""
    return socket.create_server(("127.0.0.1", 0))


@case
def a_port_that_nobody_listens_at(bed):
    with socket.socket() as taken:  # bound, so that nobody else listens there
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        run = bed.run("send", f"ws://127.0.0.1:{port}/", "hi").exits(7)
    run.says(
        f"wsurl: error: cannot connect to 127.0.0.1:{port}: Connection refused\n"
        "wsurl: hint: is the server running, and is the port right?\n"
    )


@case
def a_name_that_cannot_exist(bed):
    name = "a" * 64  # a label has 63 characters at most, so that nobody is asked
    run = bed.run("send", f"ws://{name}/", "hi").exits(6)
    check(run.stderr.startswith(f"wsurl: error: cannot resolve {name}: "), run.stderr)
    check("os error" not in run.stderr and ".\n" not in run.stderr, run.stderr)


@case
def a_server_that_says_nothing(bed):
    with silent() as server:
        port = server.getsockname()[1]
        run = bed.run("send", "--connect-timeout", "500ms", f"ws://127.0.0.1:{port}/", "hi").exits(28)
        check(run.stderr.startswith("wsurl: error: timed out after 500ms in upgrade with "), run.stderr)


@case
def a_server_that_refuses(bed):
    with silent() as server:

        def refuse():
            with server.accept()[0] as client:
                client.recv(65536)
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=refuse, daemon=True).start()
        bed.run("send", f"ws://127.0.0.1:{server.getsockname()[1]}/", "hi").exits(22)


@case
def replies_and_arguments_that_are_wrong(bed):
    bed.run("send", bed.url, "hi", "--expect-text", "ho").exits(1)
    bed.run("send", "http://x/", "hi").exits(3)
    run = bed.run("send", bed.url, "hi", "--unix-socket", "x").exits(2)
    check(run.stderr.startswith("wsurl: error: unexpected argument '--unix-socket' found\n"), run.stderr)
    check(b"--unix-socket" not in bed.run("send", "--help").exits(0).stdout, "help has --unix-socket")


@case
def files_that_cannot_be_opened(bed):
    missing = "wsurl: error: cannot write missing\\x: Path not found\n"
    bed.run("send", bed.url, "hi", "-o", "missing\\x").exits(23).says(missing)
    bed.run("send", bed.url, "-d", "@missing").exits(26).says("wsurl: error: cannot read missing: File not found\n")


@case
def a_client_certificate_in_pem(bed):
    (bed.folder / "me.pem").write_bytes((FIXTURES / "rsa.pem").read_bytes())
    (bed.folder / "me.key").write_bytes((FIXTURES / "rsa-pkcs8.key").read_bytes())
    run = bed.run("send", "wss://127.0.0.1:1/", "--cert", "me.pem", "--key", "me.key", "hi").exits(58)
    run.says(
        "wsurl: error: cannot use the certificate me.pem: PEM cannot be used on Windows; `openssl pkcs12 -export "
        "-in cert.pem -inkey key.pem -out cert.p12` makes a file that can\n"
    )


@case
def a_client_certificate_in_pkcs12(bed):
    (bed.folder / "me.p12").write_bytes((FIXTURES / "rsa.p12").read_bytes())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(FIXTURES / "rsa.pem", FIXTURES / "rsa-pkcs8.key")
    tls.load_verify_locations(FIXTURES / "client-ca.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    server = Listener(tls)
    bed.run("send", server.url, "--cert", "me.p12", "--pass", "wrong", "hi").exits(58)
    bed.run("send", server.url, "-k", "--cert", "me.p12", "--pass", "sesame", "hi").exits(0).prints("hi\n")


@case
def an_echo_server_with_tls(bed):
    run = bed.run("echo-test", "--listen", "127.0.0.1:0", "--tls-cert", "me.pem").exits(2)
    run.says(
        "wsurl: error: --tls-cert: the echo server speaks no TLS on Windows, whose library takes no certificate in PEM\n"
        "wsurl: hint: let a proxy in front of it speak TLS\n"
    )
    check(b"--tls-cert" not in bed.run("echo-test", "--help").exits(0).stdout, "help has --tls-cert")


# Files


@case
def names_of_devices_are_devices(bed):
    for name in ("NUL", "nul", "folder\\NUL", "NUL:"):
        bed.run("send", bed.url, "hi", "-o", name).exits(0).prints("").says("")
    bed.run("echo-test", bed.url, "--report", "json=NUL").exits(0)
    same("the folder", os.listdir(bed.folder), [])


@case
def a_file_with_two_names_keeps_both(bed):
    (bed.folder / "one").write_text("old")
    os.link(bed.folder / "one", bed.folder / "other")
    run = bed.run("send", bed.url, "hi", "-o", "one").exits(0)
    run.says(
        "wsurl: warning: one is written in place, so that it may be left incomplete: it has other names (hard links)\n"
    )
    same("the other name", (bed.folder / "other").read_text(), "hi\n")
    bed.run("stream", bed.url, "-T", "one", "-o", "other").exits(2)


# The console


@case
def the_console_shows_unicode(bed):
    console = Console(bed, "send", bed.url, TEXT)
    console.shows(TEXT)
    console.ends(0)


@case
def the_console_gives_unicode(bed):
    console = Console(bed, "send", bed.url)
    console.shows("Ctrl-Z and Enter end")
    console.is_read()
    console.types(f"{TEXT}\r")
    console.shows(f"< {TEXT}")
    console.types("\x03")
    console.ends(0)


@case
def the_device_of_the_console_shows_unicode(bed):
    console = Console(bed, "send", bed.url, TEXT, "-o", "CON")
    console.shows(TEXT)
    console.ends(0)


@case
def control_c_ends_a_session(bed):
    server = Listener()
    console = Console(bed, "stream", "-f", "-o", "out.bin", "--no-prompt", "-v", server.url)
    console.shows("101")
    console.is_read()
    same("the folder", os.listdir(bed.folder), ["out.bin.part"])
    console.types("\x03")
    console.shows("interrupted by SIGINT")
    console.ends(130)
    server.closed(1001)
    same("the folder", os.listdir(bed.folder), [])


@case
def lines_are_edited_at_a_console(bed):
    # Wine obeys no control sequences, and sends none for arrow keys. The lines tell that control characters are keys.
    server = Listener()
    console = Console(bed, "send", server.url, term="xterm")
    console.shows("Ctrl-D or Ctrl-C ends")
    console.gives_control_keys()
    console.types(f"{TEXT} wrong\x17right\x01so \r")
    server.got(f"so {TEXT} right")
    console.types("\x10\x7f\x08\x15again\r")
    server.got(f"so {TEXT} right", "again")
    console.types("\x04")
    console.ends(0)
    server.closed(1000)


@case
def control_z_ends_the_input_at_a_console(bed):
    console = Console(bed, "send", bed.url, term="xterm")
    console.shows("Ctrl-D or Ctrl-C ends")
    console.gives_control_keys()
    console.types("\x1a")
    console.ends(0)


def main(work, native, pattern):
    bed = Bed(pathlib.Path(work), native)
    failed = 0
    picked = [function for function in CASES if re.search(pattern, function.__name__)]
    try:
        for function in picked:
            began = time.monotonic()
            for left in bed.folder.iterdir():
                left.unlink()
            try:
                function(bed)
                reason = None
            except Failed as failure:
                reason = str(failure)
            except (subprocess.TimeoutExpired, OSError, ValueError, KeyError) as error:
                reason = f"{type(error).__name__}: {error}"
            failed += reason is not None
            name = function.__name__.replace("_", " ")
            print(f"{name:<45} {'FAILED' if reason else 'passed':<7} {time.monotonic() - began:>5.1f} s", flush=True)
            if reason:
                print(f"    {reason}", flush=True)
    finally:
        with contextlib.suppress(ProcessLookupError):
            bed.server.kill()
    print(f"{len(picked) - failed} passed, {failed} failed", flush=True)
    return 0 if picked and not failed else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
