"""The cases through proxies: squid (CONNECT), microsocks, danted and asyncssh (SOCKS)."""

import hashlib
import os
import pathlib
import pwd
import shutil
import sys
import time
from urllib.parse import quote

from bed import LARGE, case, same_file, sha256
from harness import HERE, MIB, PASSWORD, USER, Daemon, Failed, Server, check, openssl_output

REALM = "wsurl peers"
SQUID = ["squid-basic", "squid-digest", "squid-either", "squid-tls"]
PASSWORDS = [*SQUID, "microsocks-5"]
PROXIES = [*PASSWORDS, "danted-4", "danted-5", "asyncssh-4a", "asyncssh-5"]
SCHEMES = {"4": "socks4", "4a": "socks4a", "5": "socks5h"}
GOOD = f"{USER}:{quote(PASSWORD, safe='')}"
CLOSED = 9  # a port that squid and danted are told not to open


class Squid(Daemon):
    def __init__(self, bed):
        folder = bed.folder / "squid"
        folder.mkdir()
        (folder / "basic.users").write_text(f"{USER}:{openssl_output('passwd', '-apr1', PASSWORD)}\n")
        secret = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
        (folder / "digest.users").write_text(f"{USER}:{REALM}:{secret}\n")
        for name in ("leaf.pem", "leaf.key"):
            shutil.copy(bed.certs / name, folder)
        user = service_user("proxy", "squid")
        if user:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, user)
        super().__init__(
            folder,
            ["BASIC", "DIGEST", "EITHER", "SECURE"],
            ["squid", "-N", "-n", f"peers{os.getpid()}", "-f", "squid.conf"],
            config="squid.conf",
            log="cache.log",
            USER=f"cache_effective_user {user}" if user else "",
            HELPERS=helpers(),
            OPEN=" ".join([str(bed.closed_port), *(port_of(bed, at) for at in bed.bases)]),
        )

    def told(self, text):
        """Waits for a line of the access log."""
        for _ in range(100):
            if text in (self.folder / "access.log").read_text():
                return
            time.sleep(0.02)
        raise Failed(f"squid's access log lacks {text!r}")


def service_user(*names):
    """Who a server runs as that must not run as root; nothing if we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in names if name in known)


def helpers():
    folders = [pathlib.Path(folder) for folder in ("/usr/lib/squid", "/usr/lib64/squid", "/usr/libexec/squid")]
    return next(folder for folder in folders if (folder / "digest_file_auth").exists())


def squid(bed):
    return Squid(bed)


def microsocks(bed):
    command = ["microsocks", "-i", "127.0.0.1", "-p", "{SOCKS}", "-u", USER, "-P", PASSWORD]
    return Daemon(bed.folder / "microsocks", ["SOCKS"], command)


def danted(bed):
    user = service_user("nobody")
    rights = f"user.privileged: root\nuser.unprivileged: {user}" if user else ""
    command = ["danted", "-f", "danted.conf", "-N", "1", "-p", "danted.pid"]
    return Daemon(bed.folder / "danted", ["SOCKS"], command, config="danted.conf", log="danted.log", USER=rights)


def asyncssh(bed):
    return Server([sys.executable, HERE / "servers" / "socks_peer.py"])


def proxy(bed, credentials=GOOD):
    """The arguments that choose the proxy that the case is about."""
    name, kind = bed.peer.split("-")
    login = f"{credentials}@" if credentials and bed.peer in PASSWORDS else ""
    if name != "squid":
        server = bed.once({"microsocks": microsocks, "danted": danted, "asyncssh": asyncssh}[name])
        port = server.ports["socks" if name == "asyncssh" else "SOCKS"]
        return ["-x", f"{SCHEMES[kind]}://{login}127.0.0.1:{port}"]
    ports = bed.once(squid).ports
    if kind == "tls":
        return ["-x", f"https://{login}localhost:{ports['SECURE']}", "--proxy-cacert", bed.ca]
    return ["-x", f"http://{login}127.0.0.1:{ports[kind.upper()]}"]


def port_of(bed, at):
    return bed.bases[at].rsplit(":", 1)[1]


@case(*PROXIES)
def wss_with_a_client_certificate_through_the_proxy(bed):
    own = ["--cert", bed.certs / "client.pem", "--key", bed.certs / "client.key"]
    bed.wsurl.run("send", *proxy(bed), *own, *bed.dial(at="nginx-mtls"), "hi").exits(0).prints("hi\n")
    headers = bed.seen("opened")["headers"]
    check(headers.get("x-client") == f"CN={USER}", f"nginx saw the client certificate {headers.get('x-client')!r}")
    check("proxy-authorization" not in headers, "the server got the credentials of the proxy")
    if bed.peer in SQUID:
        bed.once(squid).told(f"CONNECT localhost:{port_of(bed, 'nginx-mtls')} {USER} ")


@case(*PROXIES)
def ws_through_the_proxy(bed):
    run = bed.wsurl.run("send", "-v", *proxy(bed), *bed.dial(at="python"), stdin=b"a\nb\n").exits(0).prints("a\nb\n")
    run.says("Using proxy").hides(PASSWORD, quote(PASSWORD, safe=""))
    check("proxy-authorization" not in bed.seen("opened")["headers"], "the server got the credentials of the proxy")
    if bed.peer in SQUID:
        bed.once(squid).told(f"CONNECT 127.0.0.1:{port_of(bed, 'python')} {USER} ")


@case(*PASSWORDS)
def wrong_proxy_password_is_explained(bed):
    login = proxy(bed, f"{USER}:guessed")
    run = bed.wsurl.run("send", "-vv", "--retry", 2, *login, *bed.dial(at="python-wss"), "hi").exits(97).prints("")
    run.says("wsurl: error: proxy ", "did not accept the credentials").hides("guessed", "try 1 of 3")


@case(*PASSWORDS)
def missing_proxy_password_is_asked_for(bed):
    run = bed.wsurl.run("send", *proxy(bed, ""), *bed.dial(at="python-wss"), "hi").exits(97).prints("")
    run.says("wsurl: error: proxy ", "wsurl: hint: ", "-U")


@case(*PASSWORDS)
def proxy_password_comes_from_flag_or_environment(bed):
    login = f"{USER}:{PASSWORD}"
    reach = [*proxy(bed, ""), *bed.dial(at="python-wss"), "hi"]
    bed.wsurl.run("send", "-U", login, *reach).exits(0).prints("hi\n")
    bed.wsurl.run("send", *reach, env={"WSURL_PROXY_USER": login}).exits(0).prints("hi\n")
    bed.wsurl.run("send", "-U", f"{USER}:guessed", *reach, env={"WSURL_PROXY_USER": login}).exits(97)


@case("squid-basic", "squid-digest", "microsocks-5")
def passwords_of_proxy_and_server_stay_apart(bed):
    server = ["-u", f"{USER}:{PASSWORD}"]
    bed.wsurl.run("send", *proxy(bed, ""), *server, *bed.dial("/private", at="nginx"), "hi").exits(97).prints("")
    bed.wsurl.run("send", *proxy(bed), *bed.dial("/private", at="nginx"), "hi").exits(22).says("401 Unauthorized")
    bed.wsurl.run("send", *proxy(bed), *server, *bed.dial("/private", at="nginx"), "hi").exits(0).prints("hi\n")
    check("proxy-authorization" not in bed.seen("opened")["headers"], "the server got the credentials of the proxy")


@case("squid-digest", "squid-tls", "microsocks-5")
def redirect_goes_through_the_proxy_as_well(bed):
    args = ["-v", "-L", *proxy(bed), "--cacert", bed.ca, *bed.dial("/secured", at="nginx")]
    run = bed.wsurl.run("send", *args, "hi").exits(0).prints("hi\n")
    check(run.stderr.count("Using proxy") == 2, f"not twice through the proxy: {run.stderr!r}")


@case("squid-basic", "microsocks-5")
def network_policy_holds_for_the_proxy(bed):
    run = bed.wsurl.run("send", "--allow-network", "internet,private", *proxy(bed), "ws://192.0.2.1/", "hi")
    run.exits(7).prints("").says("127.0.0.1 (loopback), which --allow-network ", "does not allow")


@case("squid-basic", "squid-digest", "squid-tls", "danted-5", "danted-4")
def proxy_that_forbids_the_port_is_explained(bed):
    words = {"danted-5": "not allowed by its rules", "danted-4": "refused"}.get(bed.peer, "403 Forbidden")
    run = bed.wsurl.run("send", *proxy(bed), f"wss://localhost:{CLOSED}/", "hi").exits(97).prints("")
    run.says("wsurl: error: proxy ", words)


@case("squid-basic", "squid-digest", "microsocks-5", "danted-5")
def proxy_that_cannot_connect_is_explained(bed):
    words = {"squid": "503 Service Unavailable", "microsocks": "connection refused", "danted": "connection refused"}
    run = bed.wsurl.run("send", *proxy(bed), f"ws://localhost:{bed.closed_port}/", "hi").exits(97).prints("")
    run.says("wsurl: error: proxy ", words[bed.peer.split("-")[0]])


@case("squid-tls")
def certificate_of_the_proxy_is_verified(bed):
    reach = [*proxy(bed)[:2], *bed.dial(at="python-wss"), "hi"]
    bed.wsurl.run("send", *reach).exits(60).prints("").says("wsurl: error: ")
    bed.wsurl.run("send", "--proxy-insecure", *reach).exits(0).prints("hi\n")


@case("squid-basic", "microsocks-5")
def proxy_of_the_environment_is_used(bed):
    url = proxy(bed)[1]
    for name, at in (("https_proxy", "python-wss"), ("http_proxy", "python"), ("ALL_PROXY", "python-wss")):
        run = bed.wsurl.run("send", "-v", *bed.dial(at=at), "hi", env={name: url}).exits(0).prints("hi\n")
        run.says("Using proxy", f"(from {name})").hides(quote(PASSWORD, safe=""))


@case("squid-basic")
def no_proxy_and_flags_win_over_the_environment(bed):
    nowhere = f"http://127.0.0.1:{bed.closed_port}"
    reach = [*bed.dial(at="python-wss"), "hi"]
    env = {"https_proxy": nowhere}
    bed.wsurl.run("send", *reach, env=env).exits(7).says("cannot connect to proxy ")
    bed.wsurl.run("send", *proxy(bed), *reach, env=env).exits(0).prints("hi\n")
    bed.wsurl.run("send", "-x", "", *reach, env=env).exits(0).prints("hi\n")
    bed.wsurl.run("send", "--noproxy", "*", *reach, env=env).exits(0).prints("hi\n")
    for names in ("localhost", "elsewhere.test, localhost", f"localhost:{port_of(bed, 'python-wss')}", "*"):
        bed.wsurl.run("send", *reach, env=env | {"no_proxy": names}).exits(0).prints("hi\n")
    bed.wsurl.run("send", *reach, env=env | {"no_proxy": "elsewhere.test"}).exits(7)
    bed.wsurl.run("send", *bed.dial(at="python"), "hi", env={"HTTP_PROXY": nowhere}).exits(0).prints("hi\n")
    by_network = {"http_proxy": nowhere, "NO_PROXY": "127.0.0.0/8"}
    run = bed.wsurl.run("send", "-v", *bed.dial(at="python"), "hi", env=by_network).exits(0).prints("hi\n")
    run.says("No proxy: 127.0.0.1")


@case("squid-basic")
def large_upload_through_the_proxy_is_played_back(bed):
    play_back(bed, LARGE)


@case("squid-digest", "squid-tls", "microsocks-5", "danted-5")
def upload_of_16_mib_through_the_proxy_is_played_back(bed):
    play_back(bed, 16 * MIB)


def play_back(bed, size):
    sent, back = bed.file(size), bed.folder / "back"
    args = ["stream", "-T", sent, "-o", back, "-f", "--chunk-size", "1M", "--digest", "sha256"]
    dial = bed.dial("/playback", at="nginx-wss", bytes=size)
    bed.wsurl.run(*args, *proxy(bed), *dial, limit=120).exits(0).prints("").says(sha256(sent))
    same_file(back, sent)
