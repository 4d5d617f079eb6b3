"""What the cases in peers.py stand on: certificates, servers, and runs of wsurl with hard limits."""

import contextlib
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
USER, PASSWORD = "alice", "s3cr:t p@ss"  # whom the servers and proxies know


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

    def hides(self, *texts):
        for text in texts:
            check(text not in self.stderr, f"stderr tells {text!r}: {brief(self.stderr)}")
        return self


class Wsurl:
    """The program under test, with a scrubbed environment."""

    def __init__(self, binary, home):
        self.binary = str(binary)
        self.home = home
        self.env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "WSURL": self.binary}

    def start(self, *args, env=None, **options):
        """A child that the caller talks to; use it in a `with`, which kills it if it is still there."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return Child([self.binary, *map(str, args)], env=self.env | (env or {}), **pipes)

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


class Daemon:
    """A server of somebody else's that is told its ports: by its command line, or by a config of servers/.

    Runs in a folder of its own. Ports are named; `@NAME@` in the config becomes the port or the value of that name.
    """

    def __init__(self, folder, ports, command, config=None, log=None, **values):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        for _ in range(5):  # it cannot be told to pick a port: take free ones, and others if one is gone
            self.ports = dict(zip(ports, free_ports(len(ports))))
            if config:
                fill_in(HERE / "servers" / f"{config}.in", folder / config, values | self.ports)
            words = [str(word).format(**self.ports) for word in command]
            with (folder / "output.log").open("ab") as output:
                streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
                self.process = subprocess.Popen(words, cwd=folder, start_new_session=True, **streams)
            if all(self.answers(port) for port in self.ports.values()):
                return
            self.stop()
        logs = [folder / name for name in ("output.log", log) if name and (folder / name).exists()]
        raise Failed(f"{command[0]} did not start: {''.join(path.read_text() for path in logs)[-1000:]}")

    def answers(self, port):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                time.sleep(0.02)
        return False

    def stop(self):
        end(self.process)
        with contextlib.suppress(ProcessLookupError):  # what it started is in its session
            os.killpg(self.process.pid, signal.SIGKILL)


class Nginx(Daemon):
    """TLS termination, client certificates, passwords and redirects in front of other servers."""

    def __init__(self, folder, certs, **upstreams):
        (folder / "tmp").mkdir(parents=True)
        (folder / "users").write_text(f"{USER}:{openssl_output('passwd', '-apr1', PASSWORD)}\n")
        super().__init__(
            folder,
            ["TLS", "MTLS", "TLS12", "PLAIN", "BEFORE_PYTHON", "BEFORE_NODE"],
            ["nginx", "-p", f"{folder}/", "-c", "nginx.conf", "-e", "error.log"],
            config="nginx.conf",
            log="error.log",
            USER="user root root;" if os.geteuid() == 0 else "",
            CERTS=certs,
            **upstreams,
        )


def fill_in(template, file, values):
    text = template.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    file.write_text(text)


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [sock.getsockname()[1] for sock in sockets]


def make_certificates(folder):
    """A CA with its leaf for this machine and its client certificate, all good for two days."""
    folder.mkdir()
    names = "DNS:localhost, DNS:example.test, IP:127.0.0.1, IP:::1"
    make_ca(folder, "ca", "wsurl peers CA")
    make_leaf(folder, "leaf", "ca", "localhost", f"subjectAltName = {names}\nextendedKeyUsage = serverAuth")
    make_leaf(folder, "client", "ca", USER, "extendedKeyUsage = clientAuth")
    return folder


NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


def make_ca(folder, name, subject):
    openssl(folder, f"req -x509 {NEW_KEY} -days 2 -keyout {name}.key -out {name}.pem", "-subj", f"/CN={subject}")


def make_leaf(folder, name, issuer, subject, extensions, dates="-days 2"):
    openssl(folder, f"req -new {NEW_KEY} -keyout {name}.key -out {name}.csr", "-subj", f"/CN={subject}")
    (folder / f"{name}.ext").write_text(f"basicConstraints = critical, CA:false\n{extensions}\n")
    issued = f"-CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -extfile {name}.ext -out {name}.pem"
    openssl(folder, f"x509 -req -in {name}.csr {issued} {dates}")


def openssl(folder, words, *more):
    options = {"capture_output": True, "text": True, "timeout": 30}
    done = subprocess.run(["openssl", *words.split(), *more], cwd=folder, check=False, **options)
    check(done.returncode == 0, f"openssl {words}: {done.stderr}")


def openssl_output(*words):
    command = ["openssl", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
