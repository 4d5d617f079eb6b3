//! Advice that names options. The subcommands have different options, so each gives its own: a hint never names an option
//! that the subcommand lacks.

/// See the module. Empty where a subcommand has nothing to advise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    /// The server replied to nothing, and may be one that never does.
    pub no_reply: Option<&'static str>,
    /// The server closed in order after fewer messages than were awaited.
    pub fewer_messages: Option<&'static str>,
    /// The server closed in order before the input ended.
    pub early_close: Option<&'static str>,
    /// All messages that were awaited have arrived, and none of them meets a check.
    pub unmet: Option<&'static str>,
    /// A received message was too large.
    pub too_large: Option<&'static str>,
}
