//! The blocks of nginx by what may stand in them.

/// The kind of block something stands in, as rows name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The top of a whole configuration.
    Main,
    /// `http`, or a fragment included there.
    Http,
    /// `server`, or a fragment included there.
    Server,
    /// `location`, or a fragment included there.
    Location,
    /// An `if` of a location.
    If,
    /// A `limit_except` of a location.
    LimitExcept,
    /// `upstream`.
    Upstream,
    /// `stream`.
    Stream,
    /// A `server` of `stream`.
    StreamServer,
    /// `events`.
    Events,
    /// Any other block, whose content is not read.
    Other,
}

impl Context {
    pub(super) fn name(self) -> &'static str {
        match self {
            Context::Main => "main",
            Context::Http => "http",
            Context::Server | Context::StreamServer => "server",
            Context::Location => "location",
            Context::If => "if",
            Context::LimitExcept => "limit_except",
            Context::Upstream => "upstream",
            Context::Stream => "stream",
            Context::Events => "events",
            Context::Other => "other",
        }
    }

    pub(super) fn inside(self, block: &str) -> Context {
        match (self, block) {
            (Context::Main, "http") => Context::Http,
            (Context::Main, "stream") => Context::Stream,
            (Context::Main, "events") => Context::Events,
            (Context::Http, "server") => Context::Server,
            (Context::Http, "upstream") | (Context::Stream, "upstream") => Context::Upstream,
            (Context::Stream, "server") => Context::StreamServer,
            (Context::Server | Context::Location, "location") => Context::Location,
            (Context::Location | Context::If, "if") => Context::If,
            (Context::Location, "limit_except") => Context::LimitExcept,
            _ => Context::Other,
        }
    }
}
