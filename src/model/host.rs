//! Hosts of addresses: names, IP addresses, and what they tell of where they lead.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether only the same network namespace reaches this host.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || (host.starts_with("127.") && is_ip(host))
}

/// Whether the host is an IP address, which is never looked up.
pub fn is_ip(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok() || host.parse::<Ipv6Addr>().is_ok()
}

/// Whether a name is one of the public internet: with a dot, and no ending that is reserved or usual for private names.
pub fn is_public(host: &str) -> bool {
    const PRIVATE: [&str; 16] = [
        "consul",
        "docker",
        "local",
        "localhost",
        "localdomain",
        "internal",
        "intern",
        "intranet",
        "lan",
        "home",
        "corp",
        "private",
        "svc",
        "cluster",
        "test",
        "invalid",
    ];
    let host = host.trim_end_matches('.');
    match host.rsplit_once('.') {
        Some((_, last)) => {
            last.len() > 1
                && last.chars().all(|c| c.is_ascii_alphabetic())
                && !PRIVATE.contains(&last)
                && !host.contains(".svc.")
                && !host.ends_with(".home.arpa")
        }
        None => false,
    }
}

/// Name servers of the public internet, by the beginning of their addresses: of Google, Cloudflare, Quad9, OpenDNS,
/// AdGuard, Yandex, Level3, AliDNS, DNSPod, 114DNS and Verisign. They know no name of a private network.
const PUBLIC_NAME_SERVERS: [&str; 24] = [
    "8.8.8.8",
    "8.8.4.4",
    "2001:4860:4860:",
    "dns.google",
    "1.1.1.",
    "1.0.0.",
    "2606:4700:4700:",
    "one.one.one.one",
    "9.9.9.",
    "149.112.112.",
    "2620:fe:",
    "208.67.222.",
    "208.67.220.",
    "2620:119:",
    "94.140.14.",
    "94.140.15.",
    "77.88.8.",
    "4.2.2.",
    "223.5.5.5",
    "223.6.6.6",
    "119.29.29.29",
    "114.114.11",
    "64.6.6",
    "185.228.168.",
];

/// Whether an address is that of a name server of the public internet.
pub fn is_public_name_server(address: &str) -> bool {
    let bare = address.trim_start_matches('[');
    PUBLIC_NAME_SERVERS.iter().any(|public| bare.starts_with(public))
}
