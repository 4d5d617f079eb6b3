//! curl's options, as `curl --help all` of 7.88 and the manual of 8.22 list them.

use super::habit::{Habit, habit};

pub(super) const HABITS: &[Habit] = &[
    // The request
    habit(&["-b"], "write --cookie 'NAME=VALUE', or --cookie @FILE"),
    habit(&["-c", "--cookie-jar"], "cookies are not kept; -D FILE or -v shows those that the server sets"),
    habit(&["-j", "--junk-session-cookies"], "cookies are not kept, so there are none to drop"),
    habit(&["-e", "--referer"], "write -H 'Referer: URL'"),
    habit(
        &["-X", "--request"],
        "the opening handshake is a GET (RFC 6455); messages are sent with `wsurl send URL MESSAGE`",
    ),
    habit(&["-G", "--get", "--url-query"], "write the query into the URL: ws://HOST/PATH?NAME=VALUE"),
    habit(&["--request-target", "--path-as-is"], "the path of the URL is sent as it is written"),
    habit(&["-I", "--head"], "write `wsurl probe URL`, which shows the answer and sends no message"),
    habit(&["-i", "--include", "--show-headers"], "write -D - for the head of the answer, or -v"),
    habit(
        &["--data-ascii", "-B", "--use-ascii"],
        "write `wsurl send -d TEXT URL`: messages are text by default",
    ),
    habit(&["--data-urlencode"], "messages are sent as they are; write -d TEXT"),
    habit(
        &["-F", "--form", "--form-string", "--form-escape"],
        "WebSockets have no forms; write -d TEXT, or `wsurl stream -T FILE`",
    ),
    habit(&["-q", "--disable"], "there is no configuration file, so there is nothing to disable"),
    habit(
        &["-K", "--config", "--variable"],
        "there is no configuration file; write -H @FILE, the variables of the environment (man wsurl), or a shell function",
    ),
    habit(&["--next", "-:"], "write one command for each URL; `wsurl probe URL URL` takes several"),
    habit(
        &["-Z", "--parallel", "--parallel-immediate", "--parallel-max", "--parallel-max-host"],
        "`wsurl probe URL URL...` and `wsurl echo-test --connections N` work side by side",
    ),
    habit(&["--rate"], "write `wsurl echo-test --interval DURATION`, or `wsurl stream --limit-rate SIZE`"),
    habit(
        &["-a", "--append", "-r", "--range", "-Q", "--quote"],
        "WebSockets have no such request; send it as a message",
    ),
    habit(&["-z", "--time-cond", "--etag-save", "--etag-compare"], "a handshake is never cached"),
    habit(
        &["--tr-encoding", "--raw", "--ignore-content-length"],
        "a handshake has no body; --compress compresses messages",
    ),
    habit(
        &["--expect100-timeout", "--haproxy-clientip", "--haproxy-protocol"],
        "not built: the handshake is sent at once",
    ),
    habit(&["--ipfs-gateway", "--alt-svc", "--hsts"], "write the ws:// or wss:// URL to connect to"),
    habit(&["--disallow-username-in-url"], "not built; -u NAME asks for the password"),
    habit(
        &["--aws-sigv4", "--httpsig-algo", "--httpsig-headers", "--httpsig-key", "--httpsig-keyid"],
        "not built: requests are not signed; write the signature with -H",
    ),
    // HTTP versions
    habit(&["--http0.9", "--http1.0"], "the opening handshake is HTTP/1.1 (RFC 6455)"),
    habit(
        &["--http2", "--http2-prior-knowledge", "--http3", "--http3-only", "--proxy-http2", "--proxy-http3"],
        "not built: the opening handshake is HTTP/1.1",
    ),
    // Redirects
    habit(&["--follow"], "write -L; --follow of wsurl send goes on until the server closes"),
    habit(&["--location-trusted"], "write -L; credentials never go to another origin"),
    habit(
        &["--post301", "--post302", "--post303"],
        "the opening handshake is a GET, redirected or not; write -L",
    ),
    habit(
        &["--proto", "--proto-default", "--proto-redir"],
        "URLs are ws:// or wss://; a redirect never leads from wss to ws",
    ),
    // Credentials
    habit(&["-n"], "write --netrc"),
    habit(&["--netrc-optional"], "write --netrc; -u and the URL win over it"),
    habit(&["--basic"], "needs no flag: -u sends Basic at once"),
    habit(&["--digest", "--anyauth"], "needs no flag: -u answers with Digest when the server asks for it"),
    habit(
        &[
            "--ntlm",
            "--ntlm-wb",
            "--negotiate",
            "--delegation",
            "--service-name",
            "--sasl-authzid",
            "--sasl-ir",
            "--login-options",
        ],
        "not built: -u does Basic and Digest, --bearer sends a token",
    ),
    // Proxies
    habit(&["-p", "--proxytunnel"], "needs no flag: an HTTP proxy is always asked for a tunnel"),
    habit(&["--proxy1.0"], "write -x http://HOST:PORT"),
    habit(&["--socks4"], "write -x socks4://HOST:PORT"),
    habit(&["--socks4a"], "write -x socks4a://HOST:PORT"),
    habit(&["--preproxy"], "not built: one proxy at a time; write -x URL"),
    habit(
        &["--proxy-basic", "--proxy-digest", "--proxy-anyauth", "--socks5-basic"],
        "needs no flag: -U does what the proxy asks for",
    ),
    habit(
        &[
            "--proxy-ntlm",
            "--proxy-negotiate",
            "--proxy-service-name",
            "--socks5-gssapi",
            "--socks5-gssapi-nec",
            "--socks5-gssapi-service",
        ],
        "not built: -U does Basic, Digest and the passwords of SOCKS5",
    ),
    habit(&["--suppress-connect-headers"], "needs no flag: -D writes the server's answer only"),
    habit(
        &[
            "--proxy-capath",
            "--proxy-ca-native",
            "--proxy-cert",
            "--proxy-cert-type",
            "--proxy-ciphers",
            "--proxy-crlfile",
            "--proxy-key",
            "--proxy-key-type",
            "--proxy-pass",
            "--proxy-pinnedpubkey",
            "--proxy-ssl-allow-beast",
            "--proxy-ssl-auto-client-cert",
            "--proxy-tls13-ciphers",
            "--proxy-tlsauthtype",
            "--proxy-tlspassword",
            "--proxy-tlsuser",
            "--proxy-tlsv1",
        ],
        "not built for the proxy's own TLS; --proxy-cacert FILE trusts its CA",
    ),
    // TLS
    habit(&["-E"], "write --cert FILE, and --key FILE or --pass @FILE"),
    habit(&["--cert-type", "--key-type"], "needs no flag: PEM and PKCS#12 are told apart by their content"),
    habit(&["--capath"], "write --cacert FILE, or set SSL_CERT_DIR"),
    habit(
        &["--ca-native", "--dump-ca-embed"],
        "the system's CA certificates are trusted unless --cacert names others",
    ),
    habit(&["--crlfile"], "put the CRL into the file of --cacert"),
    habit(
        &["--tlsv1", "--tlsv1.0", "--tlsv1.1", "--ssl", "--ssl-reqd", "-2", "--sslv2", "-3", "--sslv3"],
        "write wss:// for TLS; --tlsv1.2 and --tls-max VERSION bound the version",
    ),
    habit(
        &[
            "--ciphers",
            "--tls13-ciphers",
            "--curves",
            "--sigalgs",
            "--ech",
            "--engine",
            "--tlsauthtype",
            "--tlsuser",
            "--tlspassword",
            "--tls-earlydata",
            "--false-start",
            "--no-alpn",
            "--no-npn",
            "--no-sessionid",
            "--ssl-sessions",
        ],
        "not built: the TLS library chooses",
    ),
    habit(&["--egd-file", "--random-file"], "the system's random numbers are used"),
    habit(
        &["--ssl-allow-beast", "--ssl-auto-client-cert", "--ssl-no-revoke", "--ssl-revoke-best-effort"],
        "not built; -k accepts any certificate, --cacert trusts a CA of your own",
    ),
    habit(
        &["--cert-status", "--doh-cert-status"],
        "not built: OCSP is not asked; CRLs go into the file of --cacert",
    ),
    // Addresses and the connection
    habit(
        &[
            "--doh-url",
            "--doh-insecure",
            "--dns-interface",
            "--dns-ipv4-addr",
            "--dns-ipv6-addr",
            "--dns-servers",
        ],
        "not built: the system resolves names; write --resolve HOST:PORT:ADDRESS",
    ),
    habit(&["--abstract-unix-socket"], "not built; write --unix-socket PATH"),
    habit(&["--local-port"], "not built; --interface ADDRESS sets the local address"),
    habit(&["--happy-eyeballs-timeout-ms"], "needs no flag: addresses are tried side by side (RFC 8305)"),
    habit(&["--tcp-nodelay"], "needs no flag: --no-tcp-nodelay turns it off"),
    habit(&["--tcp-fastopen", "--mptcp", "--ip-tos", "--vlan-priority"], "not built"),
    habit(
        &["--keepalive-time", "--keepalive-cnt", "--no-keepalive"],
        "write --ping-interval DURATION, which asks the server itself",
    ),
    habit(
        &["-Y", "--speed-limit", "-y", "--speed-time"],
        "write --send-timeout, --receive-timeout or --idle-timeout DURATION",
    ),
    habit(
        &["--retry-all-errors", "--retry-connrefused"],
        "write --retry N, which retries refused connections, too; `wsurl probe --wait-ready` all failures",
    ),
    habit(
        &["--fail-early", "--fail-with-body"],
        "needs no flag: a refused upgrade is exit 22, and its body is shown",
    ),
    // Output
    habit(
        &[
            "-O",
            "--remote-name",
            "--remote-name-all",
            "-J",
            "--remote-header-name",
            "--output-dir",
            "--no-clobber",
            "--skip-existing",
        ],
        "write -o FILE",
    ),
    habit(
        &["-R", "--remote-time", "--xattr", "--create-file-mode"],
        "a WebSocket tells nothing of a file but its bytes; write -o FILE",
    ),
    habit(&["--create-dirs"], "not built: mkdir -p makes the folder"),
    habit(
        &["--remove-on-error"],
        "needs no flag: FILE of -o appears when it is complete, until then it is FILE.part",
    ),
    habit(&["--out-null"], "write -o /dev/null"),
    habit(&["--max-filesize"], "write --max-message-size SIZE"),
    habit(&["-#", "--progress-bar", "--no-progress-meter"], "write `wsurl stream --progress always|never`"),
    habit(&["--stderr"], "write 2>FILE"),
    habit(&["--styled-output"], "write --color auto|always|never"),
    habit(
        &["--trace", "--trace-ascii", "--trace-config", "--trace-ids", "--trace-time"],
        "write -vv 2>FILE, which shows every frame",
    ),
    habit(&["--libcurl"], "not built"),
    habit(&["-M", "--manual"], "write man wsurl, or --help"),
    habit(&["--metalink"], "not built"),
    habit(&["-t"], "write `wsurl send -t` for text messages; `wsurl stream` sends binary ones"),
    habit(&["--crlf"], "write sed 's/$/\\r/' | wsurl send --keep-newline"),
    habit(&["-1"], "write --tlsv1.2 or --tlsv1.3"),
];

/// Options of other protocols: FTP, mail, SSH, Telnet, TFTP.
pub(super) const OTHER_PROTOCOLS: &[Habit] = &[
    habit(
        &[
            "-l",
            "--list-only",
            "-P",
            "--ftp-port",
            "--ftp-account",
            "--ftp-alternative-to-user",
            "--ftp-create-dirs",
            "--ftp-method",
            "--ftp-pasv",
            "--ftp-pret",
            "--ftp-skip-pasv-ip",
            "--ftp-ssl-ccc",
            "--ftp-ssl-ccc-mode",
            "--ftp-ssl-control",
            "--disable-eprt",
            "--disable-epsv",
            "--krb",
        ],
        "is about FTP",
    ),
    habit(
        &["--mail-auth", "--mail-from", "--mail-rcpt", "--mail-rcpt-allowfails", "--upload-flags"],
        "is about mail",
    ),
    habit(
        &["--hostpubmd5", "--hostpubsha256", "--pubkey", "--knownhosts", "--compressed-ssh"],
        "is about SSH; --pinnedpubkey pins the key of a TLS server",
    ),
    habit(&["--telnet-option"], "is about Telnet"),
    habit(
        &["--tftp-blksize", "--tftp-no-options"],
        "is about TFTP; --chunk-size SIZE sets how much wsurl stream puts into a message",
    ),
];
