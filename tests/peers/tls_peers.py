"""The cases about TLS: nginx with client certificates and old versions, `openssl s_server` with odd certificates."""

import base64
import functools
import hashlib
import re
import subprocess
import time

from bed import case
from harness import NEW_KEY, USER, Daemon, check, make_ca, make_leaf, openssl, same

KEY_PASSWORD = "k3y p@ss"
LOCALHOST = "subjectAltName = DNS:localhost\nextendedKeyUsage = serverAuth"
CA_CONFIG = """
[ca]
database = index.txt
serial = serial.txt
new_certs_dir = .
default_md = sha256
policy = anything
[anything]
commonName = supplied
"""


def make_odd_certificates(folder):
    make_dated(folder, "expired", -400, -100)
    make_dated(folder, "early", 10, 20)
    make_leaf(folder, "other", "ca", "a.example", "subjectAltName = DNS:a.example, DNS:*.b.example")
    make_leaf(folder, "purpose", "ca", "localhost", "subjectAltName = DNS:localhost\nextendedKeyUsage = clientAuth")
    alone = f"req -x509 {NEW_KEY} -days 2 -keyout alone.key -out alone.pem -addext subjectAltName=DNS:localhost"
    openssl(folder, alone, "-subj", "/CN=localhost")
    make_ca(folder, "stranger", "a CA that nobody knows")
    make_leaf(folder, "strange", "stranger", "localhost", LOCALHOST)


def make_dated(folder, name, start, end):
    """A leaf that is good from one day to another, counted from now."""
    (folder / "ca.cnf").write_text(CA_CONFIG)
    (folder / "index.txt").write_text("")
    (folder / "serial.txt").write_text(f"{1000 + start:X}\n".rjust(5, "0"))
    make_leaf(folder, name, "ca", "localhost", LOCALHOST)
    request = f"ca -batch -notext -config ca.cnf -name ca -cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.pem"
    dates = [day(start, "%Y%m%d%H%M%SZ"), day(end, "%Y%m%d%H%M%SZ")]
    openssl(folder, f"{request} -extfile {name}.ext -startdate {dates[0]} -enddate {dates[1]}")


def day(offset, form="%Y-%m-%d"):
    return time.strftime(form, time.gmtime(time.time() + offset * 86400))


def make_client_files(folder):
    """The client's certificate in the forms that people have it in."""
    password = f"pass:{KEY_PASSWORD}"
    openssl(folder, "pkey -in client.key -aes256 -out client-locked.key -passout", password)
    pair = [(folder / name).read_text() for name in ("client.pem", "client.key")]
    (folder / "client-both.pem").write_text("".join(pair))
    pack = "pkcs12 -export -in client.pem -inkey client.key -certfile ca.pem"
    openssl(folder, f"{pack} -out client.p12 -passout", password)
    openssl(folder, f"{pack} -out client-open.p12 -passout", "pass:")
    (folder / "client.pass").write_text(f"{KEY_PASSWORD}\n")
    make_leaf(folder, "stranger-client", "stranger", "mallory", "extendedKeyUsage = clientAuth")


class Files:
    """Made once for the run; there is nothing to stop."""

    def __init__(self, bed):
        make_odd_certificates(bed.certs)
        make_client_files(bed.certs)

    def stop(self):
        pass


def files(bed):
    return Files(bed)


def s_server(bed, certificate, *options):
    """`openssl s_server` with this certificate, started once; the URL to reach it."""
    bed.once(files)
    return f"wss://localhost:{bed.once(s_server_starter(certificate, options)).ports['TLS']}/"


@functools.cache
def s_server_starter(certificate, options):
    def start(bed):
        pair = ["-cert", f"{certificate}.pem", "-key", f"{certificate}.key"]
        command = ["openssl", "s_server", "-accept", "127.0.0.1:{TLS}", "-www", "-quiet", *pair, *options]
        return Daemon(bed.certs, ["TLS"], command)

    return start


# Certificates of the server


def refused(bed, certificate, *texts, trust=True):
    """The connection to a server with this certificate is refused for this reason, and made with -k."""
    url = s_server(bed, certificate)
    own = ["--cacert", bed.ca] if trust else []
    run = bed.wsurl.run("send", *own, url, "hi").exits(60).prints("").says("wsurl: error: ", *texts)
    check(run.stderr.count("wsurl: error: ") == 1, f"not one error: {run.stderr!r}")
    bed.wsurl.run("send", "-k", url, "hi").exits(22).says("200")  # it speaks HTTP only


@case("s_server")
def expired_certificate_is_told_with_its_date(bed):
    refused(bed, "expired", f"expired on {day(-100)}")


@case("s_server")
def certificate_of_the_future_is_told_with_its_date(bed):
    refused(bed, "early", "not valid before", day(10))


@case("s_server")
def certificate_of_other_names_is_told_with_them(bed):
    refused(bed, "other", "a.example", "*.b.example", "localhost")


@case("s_server")
def self_signed_certificate_is_told(bed):
    refused(bed, "alone", "self-signed", trust=False)
    refused(bed, "alone", "self-signed")


@case("s_server")
def certificate_of_an_unknown_ca_is_told_with_its_issuer(bed):
    refused(bed, "strange", "a CA that nobody knows")


@case("s_server")
def certificate_of_a_client_is_no_servers(bed):
    refused(bed, "purpose", "purpose")


@case("s_server")
def wrong_name_alone_can_be_ignored(bed):
    lenient = ["--ignore-tls-error", "name", "--cacert", bed.ca]
    bed.wsurl.run("send", *lenient, s_server(bed, "other"), "hi").exits(22).says("wsurl: warning: ", "200")
    bed.wsurl.run("send", *lenient, s_server(bed, "strange"), "hi").exits(60)
    bed.wsurl.run("send", *lenient, s_server(bed, "expired"), "hi").exits(60)


@case("nginx-wss")
def self_signed_certificate_is_its_own_ca(bed):
    """Trusting it by --cacert is enough; the HTTP answer shows that TLS stood."""
    url = s_server(bed, "alone")
    bed.wsurl.run("send", "--cacert", bed.certs / "alone.pem", url, "hi").exits(22).says("200")
    both = bed.folder / "two.pem"
    both.write_text((bed.certs / "alone.pem").read_text() + bed.ca.read_text())
    bed.wsurl.run("send", "--cacert", both, url, "hi").exits(22).says("200")
    bed.wsurl.run("send", "--cacert", both, bed.url(), "hi").exits(0).prints("hi\n")


# Pins


@case("nginx-wss", "python-wss", "node-wss")
def pinned_key_is_checked(bed):
    right, wrong = pin(bed.certs / "leaf.pem"), "sha256//" + base64.b64encode(bytes(32)).decode()
    for trust in (["--cacert", bed.ca], ["-k"]):
        reach = [*trust, bed.url(), "hi"]
        bed.wsurl.run("send", "--pinnedpubkey", right, *reach).exits(0).prints("hi\n")
        bed.wsurl.run("send", "--pinnedpubkey", f"{wrong};{right}", *reach).exits(0).prints("hi\n")
        bed.wsurl.run("send", "--pinnedpubkey", wrong, *reach).exits(90).prints("").says("wsurl: error: ", right)


def pin(certificate):
    key = ["openssl", "x509", "-in", certificate, "-pubkey", "-noout"]
    pem = subprocess.run(key, capture_output=True, text=True, timeout=30, check=True).stdout
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


# Versions


def session(bed, *options, to=None):
    shown = bed.wsurl.run("send", *options, "-w", "%{tls_version} %{tls_cipher}\n", *bed.dial(at=to), "hi")
    reply, line = shown.exits(0).stdout.decode().splitlines()
    same("the reply", reply, "hi")
    version, _, cipher = line.partition(" ")
    check(re.fullmatch(r"[A-Z0-9_-]{8,}", cipher), f"the cipher is {cipher!r}")
    return version


@case("nginx-wss", "python-wss", "node-wss")
def newest_tls_version_and_cipher_are_told(bed):
    same("the version", session(bed), "TLSv1.3")
    same("the version with --tlsv1.3", session(bed, "--tlsv1.3"), "TLSv1.3")


@case("nginx-wss", "python-wss", "node-wss")
def tls_max_holds_the_version_down(bed):
    same("the version", session(bed, "--tls-max", "1.2"), "TLSv1.2")


@case("nginx-tls12")
def server_of_tls_1_2_alone_is_reached(bed):
    same("the version", session(bed), "TLSv1.2")
    same("the version with --tlsv1.2", session(bed, "--tlsv1.2"), "TLSv1.2")
    bed.wsurl.run("send", "--tlsv1.3", *bed.dial(), "hi").exits(35).prints("").says("wsurl: error: ")


@case("s_server")
def versions_without_overlap_are_told(bed):
    trust = ["--cacert", bed.ca]
    old, new = s_server(bed, "leaf", "-tls1_2"), s_server(bed, "leaf", "-tls1_3")
    bed.wsurl.run("send", *trust, "--tlsv1.3", old, "hi").exits(35).says("wsurl: error: ", "version")
    bed.wsurl.run("send", *trust, "--tls-max", "1.2", new, "hi").exits(35).says("wsurl: error: ", "version")
    bed.wsurl.run("send", *trust, old, "hi").exits(22).says("200")
    bed.wsurl.run("send", *trust, new, "hi").exits(22).says("200")


@case("python")
def server_without_tls_is_told(bed):
    bed.wsurl.run("send", bed.url().replace("ws://", "wss://"), "hi").exits(35).prints("").says("wsurl: error: ")


@case("nginx-wss")
def server_of_tls_is_told_from_ws(bed):
    run = bed.wsurl.run("send", bed.url().replace("wss://", "ws://"), "hi").exits(22).prints("")
    run.says("400 Bad Request", "plain HTTP request was sent to HTTPS port")


# Certificates of the client


CLIENT_FORMS = {
    "PEM and key": ["--cert", "client.pem", "--key", "client.key"],
    "PEM with the key in it": ["--cert", "client-both.pem"],
    "PEM and encrypted key": ["--cert", "client.pem", "--key", "client-locked.key", "--pass", KEY_PASSWORD],
    "PEM and encrypted key, password in a file": [
        *("--cert", "client.pem", "--key", "client-locked.key", "--pass", "@client.pass")
    ],
    "PKCS#12": ["--cert", "client.p12", "--pass", KEY_PASSWORD],
    "PKCS#12 without a password": ["--cert", "client-open.p12"],
}


@case("nginx-mtls")
def client_certificate_is_shown_in_every_form(bed):
    bed.once(files)
    for form, own in CLIENT_FORMS.items():
        for version in ([], ["--tls-max", "1.2"]):
            bed.aim(bed.peer)
            run = bed.wsurl.run("send", *own, *version, *bed.dial(), "hi", cwd=bed.certs)
            check(run.status == 0, f"{form} {version}: exit {run.status}: {run.stderr!r}")
            same("the client that nginx saw", bed.seen("opened")["headers"].get("x-client"), f"CN={USER}")


@case("nginx-mtls")
def missing_client_certificate_is_told(bed):
    bed.wsurl.run("send", *bed.dial(), "hi").exits(22).prints("").says("No required SSL certificate was sent")


@case("nginx-mtls")
def client_certificate_of_a_stranger_is_refused(bed):
    bed.once(files)
    own = ["--cert", bed.certs / "stranger-client.pem", "--key", bed.certs / "stranger-client.key"]
    bed.wsurl.run("send", *own, *bed.dial(), "hi").exits(22).prints("").says("SSL certificate error")


@case("s_server")
def handshake_that_wants_a_client_certificate_is_told(bed):
    """TLS 1.3 ends before the server looks: its alert comes in place of the answer to the upgrade."""
    strict = s_server(bed, "leaf", "-Verify", "1", "-verify_return_error", "-CAfile", "ca.pem")
    for version in ([], ["--tls-max", "1.2"]):
        run = bed.wsurl.run("send", "--cacert", bed.ca, *version, strict, "hi").prints("")
        run.says("wsurl: error: ", "certificate required" if not version else "handshake failure")
        same("exit", run.status, 35)
    own = ["--cert", bed.certs / "client.pem", "--key", bed.certs / "client.key"]
    bed.wsurl.run("send", "--cacert", bed.ca, *own, strict, "hi").exits(22).says("200")


@case("nginx-mtls")
def unusable_client_certificate_is_told(bed):
    bed.once(files)
    for words, own in {
        "does not fit": ["--cert", "client.pem", "--key", "leaf.key"],
        "wrong password": ["--cert", "client.pem", "--key", "client-locked.key", "--pass", "guessed"],
        "password": ["--cert", "client.p12", "--pass", "guessed"],
        "holds no certificate": ["--cert", "client.key", "--key", "client.key"],
        "client-none.pem": ["--cert", "client-none.pem"],
    }.items():
        run = bed.wsurl.run("send", *own, *bed.dial(), "hi", cwd=bed.certs).exits(58).prints("")
        run.says("wsurl: error: ", words).hides("guessed")
