# Files after @.
function __wsurl_at_file
    set -l token (commandline -ct)
    if string match -q '@*' -- $token
        __fish_complete_path (string sub -s 2 -- $token) | string replace -r '^' '@'
    end
end

# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_wsurl_global_optspecs
    string join \n generate= h/help V/version
end

function __fish_wsurl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_wsurl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_wsurl_using_subcommand
    set -l cmd (__fish_wsurl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c wsurl -n "not __fish_wsurl_using_subcommand send stream echo-test probe" -l generate -d 'Print shell completions, the man pages or the schema of a JSON report to standard output' -r -f -a "complete-bash\t''
complete-zsh\t''
complete-fish\t''
complete-powershell\t''
complete-elvish\t''
man\t''
schema-probe\t''
schema-echo-test\t''"
complete -c wsurl -n "__fish_wsurl_needs_command" -s h -l help -d 'Print help'
complete -c wsurl -n "__fish_wsurl_needs_command" -s V -l version -d 'Print version'
complete -c wsurl -n "__fish_wsurl_needs_command" -f -a "send" -d 'Send whole messages, print the replies'
complete -c wsurl -n "__fish_wsurl_needs_command" -f -a "stream" -d 'Send and receive bytes of any size as binary messages'
complete -c wsurl -n "__fish_wsurl_needs_command" -f -a "echo-test" -d 'Send messages to an echo server, compare and time what comes back'
complete -c wsurl -n "__fish_wsurl_needs_command" -f -a "probe" -d 'Check whether endpoints are up, how fast each phase is, and whether they are as expected'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l url -d 'The URL, which otherwise is the first argument' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s d -l data -d 'Send this message; @FILE sends the content of a file, @- that of standard input' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l data-raw -d 'Send this message, also when it begins with @' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l json -d 'Like -d, for a message that has to be JSON' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l framing -d 'Layout of messages in standard input and standard output; base64 and hex also apply to MESSAGE and -d' -r -f -a "lines\t'One message a line'
nul\t'Each message ends in a NUL byte'
whole\t'All of the input is one message'
json\t'JSON Lines with type, payload, size and time; lossless'
base64\t'One message a line, in base64'
hex\t'One message a line, in hexadecimal digits'"
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l in-framing -d 'Like --framing, for standard input only' -r -f -a "lines\t'One message a line'
nul\t'Each message ends in a NUL byte'
whole\t'All of the input is one message'
json\t'JSON Lines with type, payload, size and time; lossless'
base64\t'One message a line, in base64'
hex\t'One message a line, in hexadecimal digits'"
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l out-framing -d 'Like --framing, for standard output only' -r -f -a "lines\t'One message a line'
nul\t'Each message ends in a NUL byte'
whole\t'All of the input is one message'
json\t'JSON Lines with type, payload, size and time; lossless'
base64\t'One message a line, in base64'
hex\t'One message a line, in hexadecimal digits'"
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l max-message-size -d 'Refuse larger messages, in both directions' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s o -l output -d 'Write received messages to this file, which appears when it is complete; - is standard output' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l fragment -d 'Send messages in frames of at most this many bytes' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l expect -d 'Wait until N messages have arrived; once the input is over, print no more' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l wait -l eof-wait -d 'Wait until nothing has arrived for this long' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l expect-text -d 'Expect some message to equal this text, else exit 1' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l expect-regex -d 'Expect some message to match this regular expression, else exit 1' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l expect-json -d 'Expect some message to be JSON with this value at this pointer, such as /user/id=7, else exit 1' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l within -d 'Wait until every check is met, whatever else arrives, for at most this long after the last message was sent; replaces the number of messages and --receive-timeout' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l greeting -d 'Await N messages that the server sends by itself before anything is sent; they are no replies, but may meet checks' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l expect-close -d 'Expect the server to close first, with one of these codes, else exit 1; x stands for any digit' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s H -l header -d 'Add a header field; \'Name:\' removes a default one; @FILE holds one field a line. Fields that the handshake sets itself are ignored; Sec-WebSocket-Protocol acts as --subprotocol' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l subprotocol -l protocol -d 'Offer a subprotocol, the preferred one first; the server\'s choice has to be one of them' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l compress -d 'Offer to compress messages (permessage-deflate, RFC 7692); PARAMS as in the header field, such as \'client_max_window_bits=12; server_no_context_takeover\' [without PARAMS: client_max_window_bits]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l compress-min -d 'Compress messages of at least this many bytes [default: 16, or 128 if each is compressed by itself]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l origin -d 'Send this Origin, as a browser does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s A -l user-agent -d 'Send this User-Agent' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l cookie -d 'Send these cookies (\'a=1; b=2\'), or those in a file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l max-redirs -d 'Follow at most this many redirects' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l send-buffer -d 'Set the size of the kernel\'s send buffer' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s u -l user -d 'Send name and password: Basic at once, Digest when the server asks for it; without :PASSWORD, prompt for it' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l bearer -d 'Send this token as Authorization: Bearer' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l netrc-file -d 'Look up name and password in this netrc file' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s x -l proxy -d 'Connect through this http, https, socks4, socks4a, socks5 or socks5h proxy; \'\' for none [default: from wss_proxy or ws_proxy, https_proxy or http_proxy, all_proxy in the environment]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l socks5 -d 'Connect through this SOCKS5 proxy, as -x socks5://HOST does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l socks5-hostname -d 'Connect through this SOCKS5 proxy, which resolves names, as -x socks5h://HOST does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s U -l proxy-user -d 'Send name and password to the proxy, as Basic, Digest or in SOCKS5; without :PASSWORD, prompt for it' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l proxy-header -d 'Add a header field to the proxy\'s CONNECT request' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l proxy-cacert -d 'Trust the CA certificates in this PEM file for an https proxy' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l noproxy -d 'Connect to these hosts without a proxy: names, .suffixes, addresses, networks, * [default: no_proxy]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l cacert -d 'Trust the CA certificates in this PEM file instead of the system\'s' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l tls-domain -l servername -d 'Send this name in the TLS handshake (SNI) and verify it, instead of the URL\'s host' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l cert -d 'Use this client certificate: PEM, which may hold the key, or PKCS#12' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l key -d 'The key of the client certificate, in PEM' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l pass -d 'The password of the key or of the PKCS#12 file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l ignore-tls-error -d 'Ignore certificate errors of this class and no others, with a warning for each: name, expired, untrusted' -r -f -a "name\t''
expired\t''
untrusted\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l pinnedpubkey -d 'Accept only these public keys of the server, also with -k' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l tls-max -d 'Refuse TLS versions after this one' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l resolve -d 'Resolve HOST:PORT to ADDRESS' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l connect-to -d 'Connect to the second HOST:PORT instead of the first; an empty part of the first matches any, one of the second changes nothing' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l interface -d 'Connect from this local address' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l unix-socket -d 'Connect to this Unix socket; the request still names the host and path of the URL' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l allow-network -d 'Refuse addresses outside these networks: loopback, private, internet; and names that only a proxy resolves' -r -f -a "loopback\t''
private\t''
internet\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l retry -d 'Retry up to N times on transient failures, until the session is open' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l retry-delay -d 'Wait this long between tries [default: 1s, doubled each time; or what Retry-After says]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l retry-max-time -d 'Start no try after this time, and fail at once when Retry-After is later [default: none; 5m for Retry-After]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l connect-timeout -d 'Limit for resolving, connecting to any address, proxy, TLS and upgrade together' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l send-timeout -d 'Limit without progress while there is something to send' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l receive-timeout -d 'Limit without a message while one is awaited [default: 30s; with -f: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l close-timeout -d 'Limit from our Close to the server\'s' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l idle-timeout -d 'Limit without any traffic [default: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s m -l max-time -d 'Limit for the whole run [default: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l ping-interval -d 'Send a ping this often [default: never]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l ping-timeout -d 'Limit from a ping to any byte from the server; not counted while our own data is moving' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l pong-interval -d 'Send an unsolicited pong this often, as a heartbeat [default: never]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l close-code -d 'Close with this code' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l close-reason -d 'Close with this reason' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l accept-close -d 'Close codes of the server that mean success; x stands for any digit, 1006 for an end without a Close between messages' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s w -l write-out -d 'Print this after the session: text with %{names} (the man page lists them), or the content of a file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s D -l dump-header -d 'Write the head of the server\'s response to a file; - is standard output' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also in a file or pipe'
never\t'Not even on a terminal'"
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s X -l request -d 'The method of the opening handshake, which is GET' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s t -l text -d 'Send text messages (the default)'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s b -l binary -d 'Send binary messages'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s 0 -l null-terminated -d 'Short for --framing nul: messages end in NUL'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l keep-newline -d 'Keep the delimiter as part of the message'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l pretty -d 'At a terminal: indent and colour received JSON'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l no-prompt -d 'At a terminal: no prompt, no line editing and no history (of which WSURL_HISTORY=FILE sets the file), as if standard input were a file'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l lockstep -d 'Send each message only when the one before it was answered'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s 1 -l one-message -d 'Send one message, wait for one reply'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s f -l follow -d 'Go on until the server closes'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s L -l location -d 'Follow redirects; another origin gets no credential, cookie, client certificate or -H field that may be a secret, and wss never becomes ws'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l no-tcp-nodelay -d 'Leave Nagle\'s algorithm on: small messages may be held back and sent together'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l netrc -d 'Look up name and password in ~/.netrc, or in the file that NETRC names'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l proxy-insecure -d 'Accept any certificate of an https proxy'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s k -l insecure -d 'Accept any certificate'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l tlsv1.2 -d 'Refuse TLS versions before 1.2'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l tlsv1.3 -d 'Refuse TLS versions before 1.3'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s v -l verbose -d 'Show the handshake and the events of the session, also with -s; -vv shows every frame'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s s -l silent -d 'Show neither progress nor warnings, only errors'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s S -l show-error -d 'Show errors also with -s, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s N -l no-buffer -d 'Print at once what arrives, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l http1.1 -d 'Speak HTTP/1.1, as the opening handshake always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -l fail -d 'Fail when the upgrade is refused, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s g -l globoff -d 'Take the URL as it is written, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand send" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l url -d 'The URL, which otherwise is the first argument' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s T -l upload-file -d 'Send this file instead of standard input; - is standard input' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s C -l continue-at -d 'Begin the upload at this byte of the file, such as where an interrupted one has ended; needs -T FILE' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s o -l output -d 'Write received bytes to this file, which appears when it is complete; - is standard output, the default' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l chunk-size -d 'Put at most this many bytes into one message' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l limit-rate -d 'Send at most this many bytes a second, counted after compression' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l digest -d 'Report size and digest of the bytes sent and received' -r -f -a "sha256\t'SHA-256'"
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l max-message-size -d 'Refuse larger messages from the server [default: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l progress -d 'When to show progress' -r -f -a "auto\t'When standard error is a terminal, until a received byte goes to the same one'
always\t'Also in a file or pipe, as lines'
never\t'Not even on a terminal'"
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l expect -d 'Wait until N messages have arrived; once the input is over, print no more' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l wait -l eof-wait -d 'Wait until nothing has arrived for this long' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l expect-text -d 'Expect some message to equal this text, else exit 1' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l expect-regex -d 'Expect some message to match this regular expression, else exit 1' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l expect-json -d 'Expect some message to be JSON with this value at this pointer, such as /user/id=7, else exit 1' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l within -d 'Wait until every check is met, whatever else arrives, for at most this long after the last message was sent; replaces the number of messages and --receive-timeout' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l greeting -d 'Await N messages that the server sends by itself before anything is sent; they are no replies, but may meet checks' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l expect-close -d 'Expect the server to close first, with one of these codes, else exit 1; x stands for any digit' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s H -l header -d 'Add a header field; \'Name:\' removes a default one; @FILE holds one field a line. Fields that the handshake sets itself are ignored; Sec-WebSocket-Protocol acts as --subprotocol' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l subprotocol -l protocol -d 'Offer a subprotocol, the preferred one first; the server\'s choice has to be one of them' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l compress -d 'Offer to compress messages (permessage-deflate, RFC 7692); PARAMS as in the header field, such as \'client_max_window_bits=12; server_no_context_takeover\' [without PARAMS: client_max_window_bits]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l compress-min -d 'Compress messages of at least this many bytes [default: 16, or 128 if each is compressed by itself]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l origin -d 'Send this Origin, as a browser does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s A -l user-agent -d 'Send this User-Agent' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l cookie -d 'Send these cookies (\'a=1; b=2\'), or those in a file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l max-redirs -d 'Follow at most this many redirects' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l send-buffer -d 'Set the size of the kernel\'s send buffer' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s u -l user -d 'Send name and password: Basic at once, Digest when the server asks for it; without :PASSWORD, prompt for it' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l bearer -d 'Send this token as Authorization: Bearer' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l netrc-file -d 'Look up name and password in this netrc file' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s x -l proxy -d 'Connect through this http, https, socks4, socks4a, socks5 or socks5h proxy; \'\' for none [default: from wss_proxy or ws_proxy, https_proxy or http_proxy, all_proxy in the environment]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l socks5 -d 'Connect through this SOCKS5 proxy, as -x socks5://HOST does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l socks5-hostname -d 'Connect through this SOCKS5 proxy, which resolves names, as -x socks5h://HOST does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s U -l proxy-user -d 'Send name and password to the proxy, as Basic, Digest or in SOCKS5; without :PASSWORD, prompt for it' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l proxy-header -d 'Add a header field to the proxy\'s CONNECT request' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l proxy-cacert -d 'Trust the CA certificates in this PEM file for an https proxy' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l noproxy -d 'Connect to these hosts without a proxy: names, .suffixes, addresses, networks, * [default: no_proxy]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l cacert -d 'Trust the CA certificates in this PEM file instead of the system\'s' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l tls-domain -l servername -d 'Send this name in the TLS handshake (SNI) and verify it, instead of the URL\'s host' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l cert -d 'Use this client certificate: PEM, which may hold the key, or PKCS#12' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l key -d 'The key of the client certificate, in PEM' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l pass -d 'The password of the key or of the PKCS#12 file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l ignore-tls-error -d 'Ignore certificate errors of this class and no others, with a warning for each: name, expired, untrusted' -r -f -a "name\t''
expired\t''
untrusted\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l pinnedpubkey -d 'Accept only these public keys of the server, also with -k' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l tls-max -d 'Refuse TLS versions after this one' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l resolve -d 'Resolve HOST:PORT to ADDRESS' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l connect-to -d 'Connect to the second HOST:PORT instead of the first; an empty part of the first matches any, one of the second changes nothing' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l interface -d 'Connect from this local address' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l unix-socket -d 'Connect to this Unix socket; the request still names the host and path of the URL' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l allow-network -d 'Refuse addresses outside these networks: loopback, private, internet; and names that only a proxy resolves' -r -f -a "loopback\t''
private\t''
internet\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l retry -d 'Retry up to N times on transient failures, until the session is open' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l retry-delay -d 'Wait this long between tries [default: 1s, doubled each time; or what Retry-After says]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l retry-max-time -d 'Start no try after this time, and fail at once when Retry-After is later [default: none; 5m for Retry-After]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l connect-timeout -d 'Limit for resolving, connecting to any address, proxy, TLS and upgrade together' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l send-timeout -d 'Limit without progress while there is something to send' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l receive-timeout -d 'Limit without a message while one is awaited [default: 30s; with -f: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l close-timeout -d 'Limit from our Close to the server\'s' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l idle-timeout -d 'Limit without any traffic [default: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s m -l max-time -d 'Limit for the whole run [default: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l ping-interval -d 'Send a ping this often [default: never]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l ping-timeout -d 'Limit from a ping to any byte from the server; not counted while our own data is moving' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l pong-interval -d 'Send an unsolicited pong this often, as a heartbeat [default: never]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l close-code -d 'Close with this code' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l close-reason -d 'Close with this reason' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l accept-close -d 'Close codes of the server that mean success; x stands for any digit, 1006 for an end without a Close between messages' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s w -l write-out -d 'Print this after the session: text with %{names} (the man page lists them), or the content of a file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s D -l dump-header -d 'Write the head of the server\'s response to a file; - is standard output' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also in a file or pipe'
never\t'Not even on a terminal'"
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s X -l request -d 'The method of the opening handshake, which is GET' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l no-prompt -d 'At a terminal: no prompt, no line editing and no history (of which WSURL_HISTORY=FILE sets the file), as if standard input were a file'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l single-message -d 'Send the whole input as one message: in one frame with -T FILE, otherwise in fragments'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s f -l follow -d 'Go on until the server closes'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s L -l location -d 'Follow redirects; another origin gets no credential, cookie, client certificate or -H field that may be a secret, and wss never becomes ws'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l no-tcp-nodelay -d 'Leave Nagle\'s algorithm on: small messages may be held back and sent together'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l netrc -d 'Look up name and password in ~/.netrc, or in the file that NETRC names'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l proxy-insecure -d 'Accept any certificate of an https proxy'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s k -l insecure -d 'Accept any certificate'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l tlsv1.2 -d 'Refuse TLS versions before 1.2'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l tlsv1.3 -d 'Refuse TLS versions before 1.3'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s v -l verbose -d 'Show the handshake and the events of the session, also with -s; -vv shows every frame'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s s -l silent -d 'Show neither progress nor warnings, only errors'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s S -l show-error -d 'Show errors also with -s, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s N -l no-buffer -d 'Print at once what arrives, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l http1.1 -d 'Speak HTTP/1.1, as the opening handshake always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -l fail -d 'Fail when the upgrade is refused, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s g -l globoff -d 'Take the URL as it is written, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand stream" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l url -d 'The URL, which otherwise is the first argument' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s n -l count -d 'Send N messages of each size on each connection [default: 10; with --duration: no limit]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l size -d 'Put this many bytes into each message' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l sizes -d 'Use several sizes in turn; without a list, those around which the frame header changes: 0, 1, 125, 126, 127, 65535, 65536, 65537, 1M' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l payload -d 'What payloads consist of [default: text; with -b or --mode stream: random]' -r -f -a "text\t'Characters of one to four bytes'
random\t'Random bytes; in text messages random visible characters of one byte, since they have to be UTF-8'
zero\t'Zeros, after eight bytes that tell messages apart'"
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l mode -d 'Compare message by message, or all bytes as one stream' -r -f -a "message\t'Whole messages'
stream\t'Binary messages whose boundaries do not count'"
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l fragment -d 'Send each message in frames of at most this many bytes' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l rate -d 'Send N messages a second on all connections together, when they are due and not when echoes arrive; round trips count from when a message was due' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l interval -d 'Send a message this often on each connection, and on a terminal or with -v print a line for each echo [default: as fast as the echoes arrive]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l in-flight -d 'Allow this many messages of a connection to be in flight [default: 1; with --rate: 1000000 on all connections]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l connections -d 'Open this many connections side by side' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l ramp -d 'Open the connections evenly over this time; each sends its messages as soon as it is open' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l duration -d 'Send no message after this time, counted from the first one' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l greeting -d 'Skip this many messages that the server sends first on each connection' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l max-message-size -d 'Refuse larger messages, in both directions [default: 64M; with --mode stream: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l seed -d 'Seed of the payloads: the same number gives the same payloads' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l report -d 'Write a report in this format to standard output or FILE: human, json, junit, tap, nagios, prometheus, github, html, hlog [default: human]' -r -f -a "human\t''
json\t''
junit\t''
tap\t''
nagios\t''
prometheus\t''
github\t''
html\t''
hlog\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l listen -d 'Run the echo server at this address in the foreground, for up to 10000 connections at a time; port 0 picks a free one; --subprotocol names a subprotocol that it accepts, -m ends it' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l tls-cert -d 'Speak TLS with the certificate in this PEM file, which may hold the key' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l tls-key -d 'The key of that certificate, in PEM' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l delay -d 'Wait this long before each echo' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l drop-after -d 'Drop each connection after this many echoes, without a Close' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l close-with -d 'Close each connection with this code, at once or after the echoes of --drop-after' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s H -l header -d 'Add a header field; \'Name:\' removes a default one; @FILE holds one field a line. Fields that the handshake sets itself are ignored; Sec-WebSocket-Protocol acts as --subprotocol' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l subprotocol -l protocol -d 'Offer a subprotocol, the preferred one first; the server\'s choice has to be one of them' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l compress -d 'Offer to compress messages (permessage-deflate, RFC 7692); PARAMS as in the header field, such as \'client_max_window_bits=12; server_no_context_takeover\' [without PARAMS: client_max_window_bits]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l compress-min -d 'Compress messages of at least this many bytes [default: 16, or 128 if each is compressed by itself]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l origin -d 'Send this Origin, as a browser does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s A -l user-agent -d 'Send this User-Agent' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l cookie -d 'Send these cookies (\'a=1; b=2\'), or those in a file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l max-redirs -d 'Follow at most this many redirects' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l send-buffer -d 'Set the size of the kernel\'s send buffer' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s u -l user -d 'Send name and password: Basic at once, Digest when the server asks for it; without :PASSWORD, prompt for it' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l bearer -d 'Send this token as Authorization: Bearer' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l netrc-file -d 'Look up name and password in this netrc file' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s x -l proxy -d 'Connect through this http, https, socks4, socks4a, socks5 or socks5h proxy; \'\' for none [default: from wss_proxy or ws_proxy, https_proxy or http_proxy, all_proxy in the environment]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l socks5 -d 'Connect through this SOCKS5 proxy, as -x socks5://HOST does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l socks5-hostname -d 'Connect through this SOCKS5 proxy, which resolves names, as -x socks5h://HOST does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s U -l proxy-user -d 'Send name and password to the proxy, as Basic, Digest or in SOCKS5; without :PASSWORD, prompt for it' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l proxy-header -d 'Add a header field to the proxy\'s CONNECT request' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l proxy-cacert -d 'Trust the CA certificates in this PEM file for an https proxy' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l noproxy -d 'Connect to these hosts without a proxy: names, .suffixes, addresses, networks, * [default: no_proxy]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l cacert -d 'Trust the CA certificates in this PEM file instead of the system\'s' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l tls-domain -l servername -d 'Send this name in the TLS handshake (SNI) and verify it, instead of the URL\'s host' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l cert -d 'Use this client certificate: PEM, which may hold the key, or PKCS#12' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l key -d 'The key of the client certificate, in PEM' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l pass -d 'The password of the key or of the PKCS#12 file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l ignore-tls-error -d 'Ignore certificate errors of this class and no others, with a warning for each: name, expired, untrusted' -r -f -a "name\t''
expired\t''
untrusted\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l pinnedpubkey -d 'Accept only these public keys of the server, also with -k' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l tls-max -d 'Refuse TLS versions after this one' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l resolve -d 'Resolve HOST:PORT to ADDRESS' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l connect-to -d 'Connect to the second HOST:PORT instead of the first; an empty part of the first matches any, one of the second changes nothing' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l interface -d 'Connect from this local address' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l unix-socket -d 'Connect to this Unix socket; the request still names the host and path of the URL' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l allow-network -d 'Refuse addresses outside these networks: loopback, private, internet; and names that only a proxy resolves' -r -f -a "loopback\t''
private\t''
internet\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l retry -d 'Retry up to N times on transient failures, until the session is open' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l retry-delay -d 'Wait this long between tries [default: 1s, doubled each time; or what Retry-After says]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l retry-max-time -d 'Start no try after this time, and fail at once when Retry-After is later [default: none; 5m for Retry-After]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l connect-timeout -d 'Limit for resolving, connecting to any address, proxy, TLS and upgrade together' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l send-timeout -d 'Limit without progress while there is something to send' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l receive-timeout -d 'Limit without a message while one is awaited [default: 30s; with -f: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l close-timeout -d 'Limit from our Close to the server\'s' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l idle-timeout -d 'Limit without any traffic [default: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s m -l max-time -d 'Limit for the whole run [default: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l ping-interval -d 'Send a ping this often [default: never]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l ping-timeout -d 'Limit from a ping to any byte from the server; not counted while our own data is moving' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l pong-interval -d 'Send an unsolicited pong this often, as a heartbeat [default: never]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l close-code -d 'Close with this code' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l close-reason -d 'Close with this reason' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l accept-close -d 'Close codes of the server that mean success; x stands for any digit, 1006 for an end without a Close between messages' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s w -l write-out -d 'Print this after the session: text with %{names} (the man page lists them), or the content of a file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s D -l dump-header -d 'Write the head of the server\'s response to a file; - is standard output' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also in a file or pipe'
never\t'Not even on a terminal'"
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s X -l request -d 'The method of the opening handshake, which is GET' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s t -l text -d 'Send text messages with characters of one to four bytes (the default)'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s b -l binary -d 'Send binary messages'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s L -l location -d 'Follow redirects; another origin gets no credential, cookie, client certificate or -H field that may be a secret, and wss never becomes ws'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l no-tcp-nodelay -d 'Leave Nagle\'s algorithm on: small messages may be held back and sent together'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l netrc -d 'Look up name and password in ~/.netrc, or in the file that NETRC names'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l proxy-insecure -d 'Accept any certificate of an https proxy'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s k -l insecure -d 'Accept any certificate'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l tlsv1.2 -d 'Refuse TLS versions before 1.2'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l tlsv1.3 -d 'Refuse TLS versions before 1.3'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s v -l verbose -d 'Show the handshake and the events of the session, also with -s; -vv shows every frame'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s s -l silent -d 'Show neither progress nor warnings, only errors'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s S -l show-error -d 'Show errors also with -s, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s N -l no-buffer -d 'Print at once what arrives, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l http1.1 -d 'Speak HTTP/1.1, as the opening handshake always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -l fail -d 'Fail when the upgrade is refused, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s g -l globoff -d 'Take the URL as it is written, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand echo-test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l url -d 'More URLs' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s d -l data -d 'Send this message; @FILE sends the content of a file, @- that of standard input' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l data-raw -d 'Send this message, also when it begins with @' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l json -d 'Like -d, for a message that has to be JSON' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l mode -d 'Send text messages, or binary ones as wsurl stream does' -r -f -a "message\t'Whole messages'
stream\t'Binary messages whose boundaries do not count'"
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l max-message-size -d 'Refuse larger messages' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l expect-status -d 'Expect this status in the answer to the upgrade; with any other than 101, the refusal is the success' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l expect-subprotocol -d 'Expect the server to choose this subprotocol; it is offered if --subprotocol offers none' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l expect-extension -d 'The server has to agree to this extension; permessage-deflate is offered even without --compress' -r -f -a "permessage-deflate\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l expect-header -d 'A field of this name in the answer to the upgrade has to match' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l min-cert-days -d 'Expect the server\'s certificate to be valid for at least N more days' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l max-latency -d 'Fail when the slowest round trip (upgrade, ping, message) takes longer' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l warn -d 'Warn when the whole probe takes longer' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l crit -d 'Fail when the whole probe takes longer' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l parallel -d 'Probe at most this many endpoints at a time' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l wait-ready -d 'Probe again until all checks hold, for at most this long' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l report -d 'Write a report in this format to standard output or FILE: human, json, junit, tap, nagios, prometheus, github, html [default: human]' -r -f -a "human\t''
json\t''
junit\t''
tap\t''
nagios\t''
prometheus\t''
github\t''
html\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l expect-text -d 'Expect some message to equal this text, else exit 1' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l expect-regex -d 'Expect some message to match this regular expression, else exit 1' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l expect-json -d 'Expect some message to be JSON with this value at this pointer, such as /user/id=7, else exit 1' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l within -d 'Wait until every check is met, whatever else arrives, for at most this long after the last message was sent; replaces the number of messages and --receive-timeout' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l greeting -d 'Await N messages that the server sends by itself before anything is sent; they are no replies, but may meet checks' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l expect-close -d 'Expect the server to close first, with one of these codes, else exit 1; x stands for any digit' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l conformance-except -d 'Rules that the server is known to break: they are shown, and are no failure' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l security-except -d 'Rules of --security that are known to fail: they are shown, and are no failure' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l rule-timeout -d 'How long one rule may take, and twice as long as one reaction of the server; 2s by default, longer for a server that is far away' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s H -l header -d 'Add a header field; \'Name:\' removes a default one; @FILE holds one field a line. Fields that the handshake sets itself are ignored; Sec-WebSocket-Protocol acts as --subprotocol' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l subprotocol -l protocol -d 'Offer a subprotocol, the preferred one first; the server\'s choice has to be one of them' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l compress -d 'Offer to compress messages (permessage-deflate, RFC 7692); PARAMS as in the header field, such as \'client_max_window_bits=12; server_no_context_takeover\' [without PARAMS: client_max_window_bits]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l compress-min -d 'Compress messages of at least this many bytes [default: 16, or 128 if each is compressed by itself]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l origin -d 'Send this Origin, as a browser does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s A -l user-agent -d 'Send this User-Agent' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l cookie -d 'Send these cookies (\'a=1; b=2\'), or those in a file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l max-redirs -d 'Follow at most this many redirects' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l send-buffer -d 'Set the size of the kernel\'s send buffer' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s u -l user -d 'Send name and password: Basic at once, Digest when the server asks for it; without :PASSWORD, prompt for it' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l bearer -d 'Send this token as Authorization: Bearer' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l netrc-file -d 'Look up name and password in this netrc file' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s x -l proxy -d 'Connect through this http, https, socks4, socks4a, socks5 or socks5h proxy; \'\' for none [default: from wss_proxy or ws_proxy, https_proxy or http_proxy, all_proxy in the environment]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l socks5 -d 'Connect through this SOCKS5 proxy, as -x socks5://HOST does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l socks5-hostname -d 'Connect through this SOCKS5 proxy, which resolves names, as -x socks5h://HOST does' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s U -l proxy-user -d 'Send name and password to the proxy, as Basic, Digest or in SOCKS5; without :PASSWORD, prompt for it' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l proxy-header -d 'Add a header field to the proxy\'s CONNECT request' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l proxy-cacert -d 'Trust the CA certificates in this PEM file for an https proxy' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l noproxy -d 'Connect to these hosts without a proxy: names, .suffixes, addresses, networks, * [default: no_proxy]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l cacert -d 'Trust the CA certificates in this PEM file instead of the system\'s' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l tls-domain -l servername -d 'Send this name in the TLS handshake (SNI) and verify it, instead of the URL\'s host' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l cert -d 'Use this client certificate: PEM, which may hold the key, or PKCS#12' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l key -d 'The key of the client certificate, in PEM' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l pass -d 'The password of the key or of the PKCS#12 file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l ignore-tls-error -d 'Ignore certificate errors of this class and no others, with a warning for each: name, expired, untrusted' -r -f -a "name\t''
expired\t''
untrusted\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l pinnedpubkey -d 'Accept only these public keys of the server, also with -k' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l tls-max -d 'Refuse TLS versions after this one' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l resolve -d 'Resolve HOST:PORT to ADDRESS' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l connect-to -d 'Connect to the second HOST:PORT instead of the first; an empty part of the first matches any, one of the second changes nothing' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l interface -d 'Connect from this local address' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l unix-socket -d 'Connect to this Unix socket; the request still names the host and path of the URL' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l allow-network -d 'Refuse addresses outside these networks: loopback, private, internet; and names that only a proxy resolves' -r -f -a "loopback\t''
private\t''
internet\t''"
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l retry -d 'Retry up to N times on transient failures, until the session is open' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l retry-delay -d 'Wait this long between tries [default: 1s, doubled each time; or what Retry-After says]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l retry-max-time -d 'Start no try after this time, and fail at once when Retry-After is later [default: none; 5m for Retry-After]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l connect-timeout -d 'Limit for resolving, connecting to any address, proxy, TLS and upgrade together' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l send-timeout -d 'Limit without progress while there is something to send' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l receive-timeout -d 'Limit without a message while one is awaited [default: 30s; with -f: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l close-timeout -d 'Limit from our Close to the server\'s' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l idle-timeout -d 'Limit without any traffic [default: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s m -l max-time -d 'Limit for the whole run [default: none]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l ping-interval -d 'Send a ping this often [default: never]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l ping-timeout -d 'Limit from a ping to any byte from the server; not counted while our own data is moving' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l pong-interval -d 'Send an unsolicited pong this often, as a heartbeat [default: never]' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l close-code -d 'Close with this code' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l close-reason -d 'Close with this reason' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l accept-close -d 'Close codes of the server that mean success; x stands for any digit, 1006 for an end without a Close between messages' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s w -l write-out -d 'Print this after the session: text with %{names} (the man page lists them), or the content of a file' -r -f -a '(__wsurl_at_file)'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s D -l dump-header -d 'Write the head of the server\'s response to a file; - is standard output' -r -F
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Also in a file or pipe'
never\t'Not even on a terminal'"
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s X -l request -d 'The method of the opening handshake, which is GET' -r -f
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l conformance -d 'Check the server\'s behaviour against RFC 6455, and RFC 7692 where it compresses, one verdict a rule: about 140 connections, with much that a server has to refuse; not for one that others need. -d gives messages that the server understands, for a server that does not echo'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l security -d 'Try what an attacker would try first, one verdict a rule: another site\'s Origin, upgrades without the credentials given, plain ws beside wss, old TLS, messages without end, and more. It says what was seen, not that a server is safe; not for one that others need'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s L -l location -d 'Follow redirects; another origin gets no credential, cookie, client certificate or -H field that may be a secret, and wss never becomes ws'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l no-tcp-nodelay -d 'Leave Nagle\'s algorithm on: small messages may be held back and sent together'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l netrc -d 'Look up name and password in ~/.netrc, or in the file that NETRC names'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l proxy-insecure -d 'Accept any certificate of an https proxy'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s k -l insecure -d 'Accept any certificate'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l tlsv1.2 -d 'Refuse TLS versions before 1.2'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l tlsv1.3 -d 'Refuse TLS versions before 1.3'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s v -l verbose -d 'Show the handshake and the events of the session, also with -s; -vv shows every frame'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s s -l silent -d 'Show neither progress nor warnings, only errors'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s S -l show-error -d 'Show errors also with -s, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s N -l no-buffer -d 'Print at once what arrives, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l http1.1 -d 'Speak HTTP/1.1, as the opening handshake always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -l fail -d 'Fail when the upgrade is refused, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s g -l globoff -d 'Take the URL as it is written, as wsurl always does'
complete -c wsurl -n "__fish_wsurl_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
