//! Blocks of addresses, as policies name them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// An `ipBlock` of a NetworkPolicy.
#[derive(Clone, Debug)]
pub struct Block {
    /// As it is written.
    pub text: Arc<str>,
    /// The addresses; absent where they cannot be read.
    range: Option<Range>,
    /// Those that are left out of it.
    except: Vec<Range>,
}

/// A range in CIDR notation.
#[derive(Clone, Copy, Debug)]
struct Range {
    address: IpAddr,
    prefix: u8,
}

/// Where pods usually have their addresses (RFC 1918).
const PRIVATE: [Range; 3] = [
    Range::v4([10, 0, 0, 0], 8),
    Range::v4([172, 16, 0, 0], 12),
    Range::v4([192, 168, 0, 0], 16),
];

/// The longest prefix of a block in which a cluster may have its pods: a node alone takes more addresses than a shorter
/// one leaves (`--node-cidr-mask-size` is 24 by default).
const LONGEST: u8 = 28;

impl Block {
    /// Reads `cidr` and `except`.
    pub fn from_cidr<'t>(cidr: &'t str, except: impl Iterator<Item = &'t str>) -> Block {
        let range = Range::read(cidr);
        let except: Option<Vec<Range>> = except.map(Range::read).collect();
        Block {
            text: Arc::from(cidr),
            range: range.filter(|_| except.is_some()),
            except: except.unwrap_or_default(),
        }
    }

    /// Whether an address is in it; `None` where it cannot be read.
    pub fn has(&self, address: IpAddr) -> Option<bool> {
        let range = self.range?;
        Some(range.has(address) && !self.except.iter().any(|except| except.has(address)))
    }

    /// Whether pods can hardly have their addresses in it: it holds a few only, or none of the private ranges.
    pub fn has_no_pods(&self) -> bool {
        let Some(range) = self.range else { return false };
        let IpAddr::V4(_) = range.address else { return false };
        let left = |private: &Range| {
            range.meets(private)
                && !self
                    .except
                    .iter()
                    .any(|except| except.holds(private) || except.holds(&range))
        };
        range.prefix > LONGEST || !PRIVATE.iter().any(left)
    }
}

impl Range {
    const fn v4(address: [u8; 4], prefix: u8) -> Range {
        let [a, b, c, d] = address;
        Range {
            address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            prefix,
        }
    }

    fn read(text: &str) -> Option<Range> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix = prefix.parse().ok()?;
        (prefix <= if address.is_ipv4() { 32 } else { 128 }).then_some(Range { address, prefix })
    }

    fn has(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => v4(own, self.prefix) == v4(other, self.prefix),
            (IpAddr::V6(own), IpAddr::V6(other)) => v6(own, self.prefix) == v6(other, self.prefix),
            _ => false,
        }
    }

    /// Whether every address of the other is in it.
    fn holds(&self, other: &Range) -> bool {
        self.prefix <= other.prefix && self.has(other.address)
    }

    fn meets(&self, other: &Range) -> bool {
        self.holds(other) || other.holds(self)
    }
}

/// The first bits of an address.
fn v4(address: Ipv4Addr, prefix: u8) -> u32 {
    u32::from(address).checked_shr(32 - u32::from(prefix)).unwrap_or(0)
}

fn v6(address: Ipv6Addr, prefix: u8) -> u128 {
    u128::from(address).checked_shr(128 - u32::from(prefix)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Block;

    #[test]
    fn addresses_and_pods() {
        let block = |cidr: &'static str, except: &[&'static str]| Block::from_cidr(cidr, except.iter().copied());
        let all = block("0.0.0.0/0", &["10.0.0.0/8"]);
        assert_eq!(all.has([10, 1, 2, 3].into()), Some(false));
        assert_eq!(all.has([11, 1, 2, 3].into()), Some(true));
        assert!(!all.has_no_pods());
        let internet = block("0.0.0.0/0", &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]);
        assert!(internet.has_no_pods());
        assert!(block("192.168.7.4/32", &[]).has_no_pods());
        assert!(block("34.100.0.0/16", &[]).has_no_pods());
        assert!(!block("10.0.0.0/16", &[]).has_no_pods());
        assert_eq!(block("ten", &[]).has([10, 0, 0, 1].into()), None);
        assert!(!block("fd00::/8", &[]).has_no_pods());
    }
}
