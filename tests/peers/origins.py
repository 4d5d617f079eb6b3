"""The cases on the way to the right server: passwords, redirects, retries, addresses."""

import contextlib
import re
import threading
from urllib.parse import quote

from bed import case
from harness import PASSWORD, USER, check, free_ports, same

LOGIN = f"{USER}:{PASSWORD}"


# Passwords


@case("nginx")
def missing_password_is_asked_for(bed):
    run = bed.wsurl.run("send", *bed.dial("/private"), "hi").exits(22).prints("")
    run.says("401 Unauthorized", "WWW-Authenticate: Basic", "wsurl: hint: ", "-u")


@case("nginx")
def wrong_password_is_told(bed):
    run = bed.wsurl.run("send", "-vv", "-u", f"{USER}:guessed", *bed.dial("/private"), "hi").exits(67).prints("")
    run.says("wsurl: error: ", "401 Unauthorized").hides("guessed")


@case("nginx")
def password_comes_from_flag_url_environment_or_netrc(bed):
    netrc = bed.folder / "netrc"
    netrc.write_text(f'machine 127.0.0.1 login {USER} password "{PASSWORD}"\n')
    netrc.chmod(0o600)
    url = bed.url("/private")
    in_url = url.replace("://", f"://{USER}:{quote(PASSWORD, safe='')}@")
    for options, target, env in (
        (["-u", LOGIN], url, {}),
        ([], in_url, {}),
        ([], url, {"WSURL_USER": LOGIN}),
        (["--netrc-file", netrc], url, {}),
        (["--netrc"], url, {"NETRC": str(netrc)}),
    ):
        run = bed.wsurl.run("send", "-v", *options, target, "hi", env=env).exits(0).prints("hi\n")
        run.hides(PASSWORD, quote(PASSWORD, safe=""))


# Redirects


@case("nginx")
def redirect_is_followed_only_when_told(bed):
    run = bed.wsurl.run("send", *bed.dial("/moved"), "hi").exits(22).prints("")
    run.says("302", "Location: /echo", "wsurl: hint: ", "-L")
    bed.wsurl.run("send", "-L", "-w", "%{num_redirects}\n", *bed.dial("/moved"), "hi").exits(0).prints("hi\n1\n")


@case("nginx")
def password_follows_within_the_origin_alone(bed):
    secrets = ["-u", LOGIN, "--cookie", "badge=7"]
    bed.wsurl.run("send", "-L", *secrets, *bed.dial("/moved"), "hi").exits(0).prints("hi\n")
    headers = bed.seen("opened")["headers"]
    check({"authorization", "cookie"} <= set(headers), f"on the same origin the server saw {sorted(headers)}")
    bed.aim(bed.peer)
    bed.wsurl.run("send", "-L", *secrets, "-H", "Accept-Language: eo", "-H", "X-Left: no", *bed.dial("/away"), "hi").exits(0).prints("hi\n")
    headers = bed.seen("opened")["headers"]
    check(not {"authorization", "cookie"} & set(headers), f"on another origin the server saw {sorted(headers)}")
    same("the header that may be seen anywhere", headers.get("accept-language"), "eo")
    same("the header that may be a secret", headers.get("x-left"), None)
    same("the host that the server saw", headers["host"], f"127.0.0.1:{bed.python.ports['ws']}")


@case("nginx")
def secrets_in_headers_stay_within_the_origin(bed):
    secrets = ["-H", "Authorization: Bearer 7", "-H", "Cookie: badge=7"]
    bed.wsurl.run("send", "-L", *secrets, *bed.dial("/away"), "hi").exits(0).prints("hi\n")
    headers = bed.seen("opened")["headers"]
    check(not {"authorization", "cookie"} & set(headers), f"on another origin the server saw {sorted(headers)}")


@case("nginx")
def redirect_to_https_is_one_to_wss(bed):
    run = bed.wsurl.run("send", "-L", "--cacert", bed.ca, "-w", "%{scheme}\n", *bed.dial("/secured"), "hi")
    run.exits(0).prints("hi\nwss\n")


@case("nginx-wss")
def redirect_from_wss_to_ws_is_refused(bed):
    run = bed.wsurl.run("send", "-L", *bed.dial("/downgrade"), "hi").exits(22).prints("")
    run.says("a redirect from wss to ws is not followed")


@case("nginx")
def redirects_without_end_are_told(bed):
    bed.wsurl.run("send", "-L", *bed.dial("/loop"), "hi").exits(47).prints("").says("redirect loop")
    run = bed.wsurl.run("send", "-L", "--max-redirs", 0, *bed.dial("/moved"), "hi").exits(47).prints("")
    run.says("--max-redirs")


# Retries


@case("python")
def server_that_starts_later_is_awaited(bed):
    (port,) = free_ports(1)
    with contextlib.ExitStack() as stack:
        late = threading.Timer(1.5, lambda: stack.callback(bed.python_server("--port", str(port)).stop))
        late.start()
        stack.callback(late.join)
        patient = ["--retry", 10, "--retry-delay", "300ms", "-w", "%{num_retries}\n"]
        run = bed.wsurl.run("send", *patient, f"ws://127.0.0.1:{port}/echo", "hi").exits(0)
        late.join()
    reply, retries = run.stdout.decode().splitlines()
    same("the reply", reply, "hi")
    check(3 <= int(retries) <= 10, f"there were {retries} retries")
    same("the warnings", len(re.findall(r"wsurl: warning: try \d+ of 11 failed: ", run.stderr)), int(retries))
    check(run.seconds >= 1.5, f"it took {run.seconds:.2f} s")


@case("python")
def retries_end(bed):
    args = ["--retry", 2, "--retry-delay", "100ms", f"ws://127.0.0.1:{bed.closed_port}/"]
    run = bed.wsurl.run("send", *args, "hi").exits(7).prints("")
    run.says("wsurl: warning: try 1 of 3 failed: ", "wsurl: warning: try 2 of 3 failed: ", "wsurl: error: ")


@case("nginx")
def retry_after_is_obeyed(bed):
    args = ["--retry", 1, "--retry-delay", "10ms", *bed.dial("/busy")]
    run = bed.wsurl.run("send", *args, "hi").exits(22).prints("").says("try 1 of 2 failed", "503")
    check(1 <= run.seconds < 3, f"it took {run.seconds:.2f} s")


# Addresses


@case("python")
def unix_socket_is_reached_under_the_urls_host(bed):
    url = f"ws://service.test/echo?case={bed.tag}"
    bed.wsurl.run("send", "--unix-socket", "python.sock", url, "hi", cwd=bed.folder).exits(0).prints("hi\n")
    same("the host that the server saw", bed.seen("opened")["headers"]["host"], "service.test")
    bed.wsurl.run("send", "--unix-socket", "none.sock", url, "hi", cwd=bed.folder).exits(7).says("none.sock")


@case("nginx-wss")
def name_is_resolved_as_told_and_verified(bed):
    port = bed.nginx.ports["TLS"]
    trust = ["--cacert", bed.ca]
    for name, status in (("example.test", 0), ("other.test", 60)):
        url = bed.url().replace("localhost", name)
        for way in (["--resolve", f"{name}:{port}:127.0.0.1"], ["--connect-to", f"{name}:{port}:127.0.0.1:{port}"]):
            bed.wsurl.run("send", *way, *trust, url, "hi").exits(status).prints("hi\n" if status == 0 else "")
    elsewhere = ["--connect-to", f"example.test:443:localhost:{port}"]
    url = f"wss://example.test/echo?case={bed.tag}"
    bed.wsurl.run("send", *elsewhere, *trust, url, "hi").exits(0).prints("hi\n")


@case("python", "nginx-wss")
def network_outside_the_policy_is_not_reached(bed):
    run = bed.wsurl.run("send", "--allow-network", "internet", *bed.dial(), "hi").exits(7).prints("")
    run.says("127.0.0.1 (loopback), which --allow-network internet does not allow")
    bed.wsurl.run("send", "--allow-network", "loopback", *bed.dial(), "hi").exits(0).prints("hi\n")


@case("python")
def own_address_is_the_chosen_one(bed):
    chosen = ["--interface", "127.0.0.1", "-w", "%{local_ip}\n"]
    bed.wsurl.run("send", *chosen, *bed.dial(), "hi").exits(0).prints("hi\n127.0.0.1\n")
