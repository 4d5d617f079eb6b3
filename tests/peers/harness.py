"""What the cases in peers.py stand on: certificates, servers, and runs of wsurl with hard limits."""

import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20


class Failed(Exception):
    """A case did not hold; the text says what was seen."""


def check(holds, seen):
    if not holds:
        raise Failed(seen)


def same(name, seen, wanted):
    check(seen == wanted, f"{name} is {brief(seen)}, not {brief(wanted)}")


def brief(value):
    text = repr(value)
    return text if len(text) < 200 else f"{text[:160]}... ({len(value)} long)"


class Run:
    """One ended run of wsurl."""

    def __init__(self, status, stdout, stderr, seconds):
        self.status, self.stdout, self.stderr, self.seconds = status, stdout, stderr, seconds

    def exits(self, status):
        check(self.status == status, f"exit {self.status}, not {status}; stderr: {brief(self.stderr)}")
        return self

    def prints(self, stdout):
        same("stdout", self.stdout, stdout.encode() if isinstance(stdout, str) else stdout)
        return self

    def says(self, *texts):
        for text in texts:
            check(text in self.stderr, f"stderr lacks {text!r}: {brief(self.stderr)}")
        return self


class Wsurl:
    """The program under test, with a scrubbed environment."""

    def __init__(self, binary, home):
        self.binary = str(binary)
        self.home = home
        self.env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "WSURL": self.binary}

    def start(self, *args, **options):
        """A child that the caller talks to; use it in a `with`, which kills it if it is still there."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return Child([self.binary, *map(str, args)], env=self.env, **pipes)

    def run(self, *args, stdin=b"", limit=20, **options):
        """Runs it to its end with all of `stdin` (bytes or a path) given."""
        if isinstance(stdin, bytes):
            with self.start(*args, **options) as child:
                return child.end(stdin, limit)
        with open(stdin, "rb") as file, self.start(*args, stdin=file, **options) as child:
            return child.end(None, limit)

    def shell(self, script, limit=20, **variables):
        """Runs a bash script that finds the program in $WSURL."""
        command = ["bash", "-c", f"set -euo pipefail\n{script}"]
        env = self.env | {name: str(value) for name, value in variables.items()}
        with Child(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.home) as child:
            return child.end(None, limit)


class Child(subprocess.Popen):
    def __init__(self, command, **options):
        self.began = time.monotonic()
        super().__init__(command, start_new_session=True, **options)

    def __exit__(self, *exc):
        if self.poll() is None:
            self.kill_group()
        return super().__exit__(*exc)

    def kill_group(self):
        """Ends the child with all that it started, which are in a session of their own."""
        os.killpg(self.pid, signal.SIGKILL)

    def receive(self, count, limit=10):
        """So many bytes of its stdout, or all up to its end."""
        data, deadline = b"", time.monotonic() + limit
        while len(data) < count:
            ready, _, _ = select.select([self.stdout], [], [], max(0, deadline - time.monotonic()))
            check(ready, f"stdout is {brief(data)} after {limit} s, not {count} bytes")
            chunk = os.read(self.stdout.fileno(), count - len(data))
            if not chunk:
                break
            data += chunk
        return data

    def end(self, stdin=None, limit=20):
        """Gives it the rest of its input and waits for its end."""
        try:
            stdout, stderr = self.communicate(stdin, timeout=limit)
        except subprocess.TimeoutExpired:
            self.kill_group()
            stdout, stderr = self.communicate()
            raise Failed(f"still running after {limit} s; stdout: {brief(stdout)}; stderr: {brief(stderr)}") from None
        seconds = time.monotonic() - self.began
        return Run(self.returncode, stdout, (stderr or b"").decode(errors="replace"), seconds)


class Server:
    """A peer in a process of its own, which tells by JSON lines what it sees and ends with its stdin."""

    def __init__(self, command, **options):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen([str(part) for part in command], **pipes, **options)
        self.events = []
        self.changed = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()
        self.ports = self.event("listening", None, limit=20)

    def listen(self):
        for line in self.process.stdout:
            with self.changed:
                self.events.append(json.loads(line))
                self.changed.notify_all()

    def event(self, name, case, limit=5):
        """What the server said under this name of this case; waits for it."""

        def found():
            return next((e for e in self.events if e["event"] == name and e.get("case") == case), None)

        with self.changed:
            check(self.changed.wait_for(found, limit), f"the server told of no {name!r} within {limit} s")
            return found()

    def stop(self):
        self.process.stdin.close()
        end(self.process)


def end(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Nginx:
    """TLS termination in front of another server."""

    def __init__(self, prefix, certs, upstream):
        self.prefix = prefix
        (prefix / "tmp").mkdir(parents=True)
        for _ in range(5):  # nginx cannot be told to pick a port: take a free one, and another if it is gone
            self.port = free_port()
            self.write_config(certs, upstream)
            command = ["nginx", "-p", str(prefix), "-c", "nginx.conf", "-e", "error.log"]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            if self.answers():
                return
            end(self.process)
        raise Failed(f"nginx did not start: {(prefix / 'error.log').read_text()}")

    def write_config(self, certs, upstream):
        values = {
            "USER": "user root root;" if os.geteuid() == 0 else "",
            "PORT": self.port,
            "CERT": certs / "leaf.pem",
            "KEY": certs / "leaf.key",
            "UPSTREAM": upstream,
        }
        config = (HERE / "servers" / "nginx.conf.in").read_text()
        for name, value in values.items():
            config = config.replace(f"@{name}@", str(value))
        (self.prefix / "nginx.conf").write_text(config)

    def answers(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                time.sleep(0.02)
        return False

    def stop(self):
        end(self.process)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def make_certificates(folder):
    """A CA and a leaf for localhost, 127.0.0.1 and ::1, good for two days."""
    folder.mkdir()
    new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    openssl(folder, f"req -x509 {new_key} -days 2 -keyout ca.key -out ca.pem", "-subj", "/CN=wsurl peers CA")
    openssl(folder, f"req -new {new_key} -keyout leaf.key -out leaf.csr", "-subj", "/CN=localhost")
    (folder / "leaf.ext").write_text(
        "subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1\n"
        "basicConstraints = critical, CA:false\n"
        "extendedKeyUsage = serverAuth\n"
    )
    openssl(
        folder,
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile leaf.ext -out leaf.pem",
    )
    return folder


def openssl(folder, words, *more):
    done = subprocess.run(["openssl", *words.split(), *more], cwd=folder, capture_output=True, text=True, timeout=30)
    check(done.returncode == 0, f"openssl {words}: {done.stderr}")
