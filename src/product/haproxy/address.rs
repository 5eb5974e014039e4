//! Addresses as HAProxy writes them: `api:80`, `ipv4@10.0.0.1:80`, `unix@/run/x.sock`, `/run/x.sock`, `[::1]:80`, `:80`.

use std::ops::Range;

/// The parts of an address, each with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Address<'a> {
    /// The host; absent in `:80` and `*:80`, which mean the address the client came to.
    pub host: Option<&'a str>,
    /// Where the host stands in the text.
    pub host_at: Range<usize>,
    /// The port's text; absent where none is written.
    pub port: Option<&'a str>,
    /// Where the port stands in the text.
    pub port_at: Range<usize>,
    /// The path of a unix socket.
    pub socket: Option<&'a str>,
    /// An address of another kind: `fd@3`, `abns@name`, `rhttp@`.
    pub other: bool,
}

/// Takes an address apart, as `str2sa_range` does.
pub fn address(text: &str) -> Address<'_> {
    let mut found = Address::default();
    let (family, at) = match text.split_once('@') {
        Some((family, _)) if family.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+') => {
            (family, family.len() + 1)
        }
        _ => ("", 0),
    };
    let rest = &text[at..];
    match family.rsplit('+').next().unwrap_or_default() {
        "unix" | "uxst" | "uxdg" | "uxmpath" => found.socket = Some(rest),
        "" if rest.starts_with('/') => found.socket = Some(rest),
        "" | "ipv4" | "ipv6" | "tcp" | "tcp4" | "tcp6" | "stream" | "mptcp" | "mptcp4" | "mptcp6" | "udp" | "udp4"
        | "udp6" | "quic4" | "quic6" => authority(&mut found, rest, at),
        _ => found.other = true,
    }
    found
}

fn authority<'a>(found: &mut Address<'a>, rest: &'a str, at: usize) {
    let (host, from, port) = if let Some(bracketed) = rest.strip_prefix('[') {
        match bracketed.split_once(']') {
            Some((host, after)) => (host, at + 1, after.strip_prefix(':')),
            None => (bracketed, at + 1, None),
        }
    } else {
        // The last colon is the port's, also in `::1:8080`.
        match rest.rsplit_once(':') {
            Some((host, port)) => (host, at, Some(port)),
            None => (rest, at, None),
        }
    };
    if !matches!(host, "" | "*" | "0.0.0.0" | "::") {
        found.host = Some(host);
        found.host_at = from..from + host.len();
    }
    if let Some(port) = port.filter(|port| !port.is_empty()) {
        found.port = Some(port);
        let start = at + rest.len() - port.len();
        found.port_at = start..start + port.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_addresses_apart() {
        let cases = [
            ("api:8000", (Some("api"), Some("8000"), None, false)),
            ("api", (Some("api"), None, None, false)),
            ("ipv4@10.0.0.1:80", (Some("10.0.0.1"), Some("80"), None, false)),
            ("[::1]:80", (Some("::1"), Some("80"), None, false)),
            ("::1:80", (Some("::1"), Some("80"), None, false)),
            ("*:80", (None, Some("80"), None, false)),
            (":80", (None, Some("80"), None, false)),
            ("api:+1000", (Some("api"), Some("+1000"), None, false)),
            ("/run/app.sock", (None, None, Some("/run/app.sock"), false)),
            ("unix@/run/app.sock", (None, None, Some("/run/app.sock"), false)),
            ("abns@name", (None, None, None, true)),
        ];
        for (text, expected) in cases {
            let got = address(text);
            assert_eq!((got.host, got.port, got.socket, got.other), expected, "{text}");
            assert_eq!(got.port.unwrap_or_default(), &text[got.port_at.clone()], "{text}");
            assert_eq!(got.host.unwrap_or_default(), &text[got.host_at.clone()], "{text}");
        }
    }
}
