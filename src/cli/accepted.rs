//! Options of curl that ask for what wsurl does anyway: accepted, hidden, and without any effect.

use clap::Args;

/// Nothing reads these: they are here so that they are no error.
#[derive(Clone, Debug, Args)]
#[allow(clippy::struct_excessive_bools)]
pub struct AcceptedArgs {
    /// Show errors also with -s, as wsurl always does
    #[arg(short = 'S', long, hide = true)]
    pub show_error: bool,

    /// Print at once what arrives, as wsurl always does
    #[arg(short = 'N', long, hide = true)]
    pub no_buffer: bool,

    /// Speak HTTP/1.1, as the opening handshake always does
    #[arg(long = "http1.1", hide = true)]
    pub http1_1: bool,

    /// Fail when the upgrade is refused, as wsurl always does
    #[arg(long, hide = true)]
    pub fail: bool,

    /// Take the URL as it is written, as wsurl always does
    #[arg(short = 'g', long, hide = true)]
    pub globoff: bool,

    /// The method of the opening handshake, which is GET
    #[arg(short = 'X', long, hide = true, value_name = "METHOD", value_parser = get)]
    pub request: Option<String>,
}

fn get(method: &str) -> Result<String, &'static str> {
    if method.eq_ignore_ascii_case("GET") {
        Ok(method.to_owned())
    } else {
        Err("the opening handshake is a GET (RFC 6455)")
    }
}
