//! Addresses of upstreams as Caddy writes them (`ParseUpstreamDialAddress` in addresses.go): `api`, `api:80`,
//! `https://api`, `h2c://api:80`, `unix//run/x.sock`, `unix+h2c//run/x.sock`, `[::1]:80`.

use std::ops::Range;

/// The parts of an address, each with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Address<'a> {
    /// `http`, `https` or `h2c`, where one is written.
    pub scheme: Option<&'a str>,
    /// The host, without the brackets of an IPv6 address; `None` in `:80`, which is the machine itself.
    pub host: Option<&'a str>,
    /// The port's text.
    pub port: Option<&'a str>,
    /// Where the port stands in the text.
    pub port_at: Range<usize>,
    /// The path of a unix socket.
    pub socket: Option<&'a str>,
    /// An address of another kind: `srv+http://`, `fd/3`, `udp/…`.
    pub other: bool,
}

/// Takes an address apart.
pub fn address(text: &str) -> Address<'_> {
    let mut found = Address::default();
    let unix = text.strip_prefix("unix");
    let path = unix.and_then(|rest| rest.strip_prefix("+h2c/").or_else(|| rest.strip_prefix('/')));
    if let Some(path) = path {
        found.scheme = unix.is_some_and(|rest| rest.starts_with('+')).then_some("h2c");
        found.socket = Some(path);
        return found;
    }
    let mut at = 0;
    if let Some(end) = text.find("://") {
        found.scheme = Some(&text[..end]);
        at = end + 3;
        found.other = !matches!(&text[..end], "http" | "https" | "h2c");
    } else if let Some((network, _)) = text.split_once('/') {
        at = network.len() + 1;
        found.other = !matches!(network, "tcp" | "tcp4" | "tcp6");
    }
    let rest = &text[at..];
    // A path is refused; the address in front of it is read all the same.
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = if let Some(bracketed) = authority.strip_prefix('[') {
        match bracketed.split_once(']') {
            Some((host, behind)) => (host, behind.strip_prefix(':')),
            None => (bracketed, None),
        }
    } else {
        match authority.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => (host, Some(port)),
            _ => (authority, None),
        }
    };
    found.host = Some(host).filter(|host| !host.is_empty());
    if let Some(port) = port.filter(|port| !port.is_empty()) {
        let end = at + authority.len();
        found.port = Some(port);
        found.port_at = end - port.len()..end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_addresses_apart() {
        let cases = [
            ("api:8000", (None, Some("api"), Some("8000"), None, false)),
            ("api", (None, Some("api"), None, None, false)),
            (":8000", (None, None, Some("8000"), None, false)),
            ("https://api", (Some("https"), Some("api"), None, None, false)),
            ("h2c://[::1]:80", (Some("h2c"), Some("::1"), Some("80"), None, false)),
            ("tcp/api:80", (None, Some("api"), Some("80"), None, false)),
            ("unix//run/a.sock", (None, None, None, Some("/run/a.sock"), false)),
            (
                "unix+h2c//run/a.sock",
                (Some("h2c"), None, None, Some("/run/a.sock"), false),
            ),
            ("srv+http://api", (Some("srv+http"), Some("api"), None, None, true)),
        ];
        for (text, expected) in cases {
            let got = address(text);
            assert_eq!(
                (got.scheme, got.host, got.port, got.socket, got.other),
                expected,
                "{text}"
            );
            assert_eq!(got.port.unwrap_or_default(), &text[got.port_at.clone()], "{text}");
        }
    }
}
