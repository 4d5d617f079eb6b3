//! "Copy as cURL" of a browser, pasted in place of `curl`. Chromium writes cookies as `-b 'NAME=VALUE'`, and `-b` is
//! `--binary` here.

use std::ffi::OsString;

/// The fields of an opening handshake that nobody types: where one is given, a browser has written the command.
const OF_BROWSERS: [&str; 2] = ["sec-websocket-key:", "sec-websocket-version:"];

/// `args` with `--cookie` for `-b`, if a browser has written them.
pub(super) fn from_browser(mut args: Vec<OsString>) -> Vec<OsString> {
    let is_pasted = args.windows(2).any(|pair| pair[0] == "-H" && is_of_browser(&pair[1]));
    if is_pasted {
        for index in 1..args.len().saturating_sub(1) {
            if args[index] == "-b" && args[index + 1].to_string_lossy().contains('=') {
                args[index] = "--cookie".into();
            }
        }
    }
    args
}

fn is_of_browser(field: &OsString) -> bool {
    let field = field.to_string_lossy().to_ascii_lowercase();
    OF_BROWSERS.iter().any(|name| field.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Vec<String> {
        let args = from_browser(args.iter().map(Into::into).collect());
        args.into_iter().map(|arg| arg.into_string().unwrap()).collect()
    }

    #[test]
    fn cookies_of_a_browser_are_cookies() {
        let key = "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==";
        let read_as = read(&["wsurl", "send", "ws://h", "-H", key, "-b", "a=1; b=2"]);
        assert_eq!(read_as[5..], ["--cookie", "a=1; b=2"]);
    }

    #[test]
    fn what_a_person_types_stays() {
        let typed = ["wsurl", "send", "ws://h", "-H", "A: b", "-b", "a=1"];
        assert_eq!(read(&typed), typed);
    }
}
