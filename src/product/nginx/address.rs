//! Addresses as nginx writes them: in `*_pass` and in an upstream's `server`.

use std::ops::Range;

/// The parts of an address, each with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Address<'a> {
    /// `http`, `https`, `grpc`, …, where one is written.
    pub scheme: Option<&'a str>,
    /// The host, without the brackets of an IPv6 address.
    pub host: Option<&'a str>,
    /// Where the host stands in the text.
    pub host_at: Range<usize>,
    /// The port's text, which may hold a variable.
    pub port: Option<&'a str>,
    /// Where the port stands in the text.
    pub port_at: Range<usize>,
    /// The path of a unix socket.
    pub socket: Option<&'a str>,
    /// Whether a URI follows the address.
    pub has_uri: bool,
}

/// Takes an address apart: `http://host:80/uri`, `unix:/run/x.sock`, `https://unix:/run/x.sock:/uri`, `[::1]:80`.
pub fn address(text: &str) -> Address<'_> {
    let mut found = Address::default();
    let mut at = 0;
    if let Some(end) = text.find("://").filter(|end| &text[..*end] != "unix") {
        found.scheme = Some(&text[..end]);
        at = end + 3;
    }
    let rest = &text[at..];
    if let Some(path) = rest.strip_prefix("unix:") {
        let (path, uri) = match path.split_once(':') {
            Some((path, uri)) => (path, Some(uri)),
            None => (path, None),
        };
        found.socket = Some(path);
        found.has_uri = uri.is_some();
        return found;
    }
    let end = rest.find(['/', '?']).map_or(rest.len(), |end| {
        found.has_uri = true;
        end
    });
    let authority = &rest[..end];
    let (host, host_from, port) = if let Some(bracketed) = authority.strip_prefix('[') {
        match bracketed.split_once(']') {
            Some((host, after)) => (host, at + 1, after.strip_prefix(':')),
            None => (bracketed, at + 1, None),
        }
    } else {
        match authority.rsplit_once(':') {
            Some((host, port)) => (host, at, Some(port)),
            None => (authority, at, None),
        }
    };
    if !host.is_empty() {
        found.host = Some(host);
        found.host_at = host_from..host_from + host.len();
    }
    if let Some(port) = port.filter(|port| !port.is_empty()) {
        found.port = Some(port);
        let from = at + end - port.len();
        found.port_at = from..from + port.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_addresses_apart() {
        let cases = [
            ("http://api:5001/x", (Some("http"), Some("api"), Some("5001"), None)),
            ("http://api", (Some("http"), Some("api"), None, None)),
            ("api:9000", (None, Some("api"), Some("9000"), None)),
            ("unix:/run/app.sock", (None, None, None, Some("/run/app.sock"))),
            ("unix:///run/app.sock", (None, None, None, Some("///run/app.sock"))),
            (
                "http://unix:/run/app.sock:/uri",
                (Some("http"), None, None, Some("/run/app.sock")),
            ),
            ("[::1]:8080", (None, Some("::1"), Some("8080"), None)),
            (
                "https://$host:$port$uri",
                (Some("https"), Some("$host"), Some("$port$uri"), None),
            ),
        ];
        for (text, expected) in cases {
            let got = address(text);
            assert_eq!((got.scheme, got.host, got.port, got.socket), expected, "{text}");
            assert_eq!(got.port.unwrap_or_default(), &text[got.port_at.clone()], "{text}");
            assert_eq!(got.host.unwrap_or_default(), &text[got.host_at.clone()], "{text}");
        }
    }
}
