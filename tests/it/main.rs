//! The integration tests: each one a story at the process boundary, with the real binary and a peer on a port of its own.
//!
//! They are one binary, so that they are linked once and run side by side. What is where:

// Whatever a test binary shares between its modules is `pub` for nobody outside.
#![allow(unreachable_pub)]

// What is typed
mod arguments; // options and values that are refused, help and version
mod habits; // what fingers type that were trained by other tools
#[cfg(unix)]
mod option_files; // FIFOs and devices where an option names a file
mod urls; // URLs that are refused, and what a good one becomes in the request
mod without_effect; // options that would have no effect beside others

// Until the session is open
mod addresses; // which address: -4, -6, --resolve, --connect-to, --interface, --unix-socket
mod connect; // addresses, refusals, and the one limit over everything before the session
mod handshake; // what the server may answer to the upgrade
mod policy; // --allow-network
mod request; // what the upgrade asks for: headers, credentials, subprotocols
mod tls; // certificates, CA files, and peers that speak no TLS
mod tls_client;
#[cfg(target_os = "linux")]
mod tls_errors; // errors of certificates: which is told, which is ignored
#[cfg(target_os = "linux")]
mod tls_roots; // the system's CA certificates: hashed directories and bundles // client certificates, pins, versions, errors that are ignored

// More than one try, or more than one peer
mod credentials; // 401, Digest, bearer tokens, netrc, and where passwords must not be seen
mod redirects; // -L
mod retries; // --retry

// Proxies
mod proxy_auth; // 407: Basic, Digest, and who sees which password
mod proxy_env; // which proxy: -x, variables, no_proxy
mod proxy_http; // CONNECT, over TCP and over TLS
mod proxy_silent; // proxies that say nothing, too much, or too slowly
mod proxy_socks; // SOCKS 4, 4a, 5, 5h

// The session
mod closing; // who closes, how, when, and what it means for the exit status
mod compression; // permessage-deflate: what is offered, agreed on, compressed and inflated
mod duplex; // both directions at once: large messages, slow ends, late replies
mod limits; // sizes and times that end a session
mod violations; // servers that break RFC 6455

// What an error advises
mod advice; // hints fit the failure, and hide none

// What a run promises
mod complete; // all that was awaited arrived whole, or the exit code says so
#[cfg(target_os = "linux")]
mod gravest; // several failures at once
#[cfg(target_os = "linux")]
mod hangs; // limits on drips, open inputs, readers that leave; a stop is no delay
mod paced; // --limit-rate
#[cfg(target_os = "linux")]
mod sent; // all that was given was sent and taken, or the exit code says so

// The two modes
mod checks; // --expect-text, --expect-regex, --expect-json
mod framings; // how messages are laid out in stdin and stdout
mod send; // message mode: where messages come from, and how long replies are awaited
mod stream; // stream mode: chunks, sections, files
mod until_met; // --within, --greeting, --expect-close: servers that speak unasked, and servers that close

// The echo test
mod echo_load; // counts, sizes, modes, fragments, pace, many messages and connections at once
mod echo_outputs; // stdout, files, -w, -v, and readers that have left
mod echo_pace; // --rate, --ramp, a line for each echo, Ctrl-C
mod echo_peers; // servers that lose, change, double or reorder messages, or end before their time
mod echo_reports; // what is printed, in each format

// The probe
mod probe; // phases and facts, messages, and endpoints that are down, refuse or hang
mod probe_checks; // what is asked of the endpoint: status, fields, certificate, latency, replies
mod probe_conformance; // the rules of RFC 6455, kept and broken
mod probe_down; // endpoints that refuse or do not answer, and the names under which they are told
mod probe_ready; // --wait-ready
mod probe_reports; // junit, tap, nagios, prometheus, and where they go
mod probe_security; // --security, each rule kept and broken
mod probe_several; // several URLs side by side
mod report_pages; // github, html and hlog, of probe and of echo-test

// Files and descriptors
#[cfg(unix)]
mod descriptors; // standard streams that are closed, or /dev/null
#[cfg(target_os = "linux")]
mod disk_faults; // what the system says only when a file is closed, or says of a file as of a pipe
#[cfg(target_os = "linux")]
mod exhaustion; // a process that may open no more files
#[cfg(target_os = "linux")]
mod fifos; // FIFOs that nobody opens at the other end
mod files; // which files appear when, which are kept, and which are refused
#[cfg(unix)]
mod replaced_files; // rights, owners, links and folders of files that are replaced or written in place

// Around it
mod echo_server; // the embedded echo server: TLS, delays, ends, subprotocols, signals
mod first_run; // the echo test, and its server
mod idle; // waiting costs no processor time
mod memory; // what message mode takes at most
mod output; // stdout and stderr: -v, -w, -D, and stdouts that are closed, full or slow
mod secrets; // passwords and tokens are in no error, trace or report
#[cfg(unix)]
mod signals; // SIGHUP, SIGINT, SIGQUIT and SIGTERM, once, twice, and ignored
mod write_out; // -w: names, formats in files, and failures before the dial

#[cfg(target_os = "linux")]
mod conversation; // lines typed at a terminal: the prompt, commands, history, and how it ends
#[cfg(target_os = "linux")]
mod early_signals; // a signal before, around and after the session: soon over, and what is known is reported
#[cfg(target_os = "linux")]
mod stderr; // a standard error that nobody reads, stopped terminals
#[cfg(target_os = "linux")]
mod terminals; // text from the network on a terminal

// The parts
mod architecture; // who imports whom, and what a source file looks like
mod conformance_rules; // the rules of RFC 6455 against good servers and flawed ones
#[cfg(target_os = "linux")]
mod documents; // the commands in README.md and docs/
mod engine; // the protocol engine against tungstenite, and the framings
mod framing_cuts; // the framings in blocks and pieces of any size
mod generated;
mod guide; // the files that ARCHITECTURE.md and CONTRIBUTING.md name // completions, man pages and help texts

mod support;
