//! Where messages may be sent to, so that nobody is made to talk to its own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks that are not the internet (the IANA registries of special-purpose addresses), and the one
/// public address under which a cloud tells its machines their secrets.
const SPECIAL: [&str; 26] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// A host name, or a network of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Exactly this name, whatever address it has.
    Host(String),
    /// The first so many bits of an address.
    Network(IpAddr, u8),
}

impl Target {
    /// A host name, an address, or a network such as `10.0.0.0/8`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            let address = address.to_canonical();
            return Some(Self::Network(address, width(address)));
        }
        if let Some((address, bits)) = text.split_once('/') {
            let address = address.parse::<IpAddr>().ok()?;
            let bits = bits.parse().ok().filter(|bits| *bits <= width(address))?;
            return Some(Self::Network(address, bits));
        }
        let name = host(text);
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        (name.len() <= 253 && name.split('.').all(label)).then_some(Self::Host(name))
    }

    fn has_host(&self, name: &str) -> bool {
        matches!(self, Self::Host(own) if own == name)
    }

    fn has_address(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Network(IpAddr::V4(own), bits), IpAddr::V4(address)) => {
                let differ = own.to_bits() ^ address.to_bits();
                differ.checked_shr(32 - u32::from(*bits)).unwrap_or(0) == 0
            }
            (Self::Network(IpAddr::V6(own), bits), IpAddr::V6(address)) => {
                let differ = own.to_bits() ^ address.to_bits();
                differ.checked_shr(128 - u32::from(*bits)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// A name as it is compared.
fn host(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// What may be connected to.
///
/// What is allowed may be, whatever else is said. Everything else may be unless it is denied or not
/// on the internet: loopback, private, link-local, shared, multicast and reserved addresses.
#[derive(Debug, Clone)]
pub struct Targets {
    allowed: Vec<Target>,
    denied: Vec<Target>,
}

impl Targets {
    /// The special networks are denied beside `denied`.
    #[must_use]
    pub fn new(allowed: Vec<Target>, mut denied: Vec<Target>) -> Self {
        denied.extend(SPECIAL.iter().filter_map(|text| Target::parse(text)));
        Self { allowed, denied }
    }

    /// Whether a host may be asked for by this name at all.
    #[must_use]
    pub fn permit_name(&self, name: &str) -> bool {
        let name = host(name);
        let is = |targets: &[Target]| targets.iter().any(|target| target.has_host(&name));
        is(&self.allowed) || !is(&self.denied)
    }

    /// Whether a connection to this address may be made, for a host of this name if it has one.
    #[must_use]
    pub fn permit(&self, name: Option<&str>, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let name = name.map(host);
        let named = |target: &Target| name.as_deref().is_some_and(|name| target.has_host(name));
        let allows = |target: &Target| named(target) || target.has_address(address);
        if self.allowed.iter().any(allows) {
            return true;
        }
        let within = embedded(address);
        let denies = |target: &Target| {
            named(target)
                || target.has_address(address)
                || within.is_some_and(|within| target.has_address(within))
        };
        !self.denied.iter().any(denies)
    }
}

/// The IPv4 address to which gateways translate an IPv6 address: IPv4-compatible (RFC 4291 section
/// 2.5.5.1), NAT64 (RFC 6052) and 6to4 (RFC 3056).
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(address) = address else {
        return None;
    };
    let low = |bits: u128| u32::try_from(bits & u128::from(u32::MAX)).map(Ipv4Addr::from_bits);
    let bits = address.to_bits();
    let nat64 = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0).to_bits() >> 32;
    let found = if bits >> 32 == 0 || bits >> 32 == nat64 {
        low(bits)
    } else if bits >> 112 == 0x2002 {
        low(bits >> 80)
    } else {
        return None;
    };
    found.ok().map(IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(texts: &[&str]) -> Vec<Target> {
        let parse = |text: &&str| Target::parse(text).unwrap();
        texts.iter().map(parse).collect()
    }

    #[track_caller]
    fn permit(targets: &Targets, address: &str) -> bool {
        targets.permit(None, address.parse().unwrap())
    }

    #[test]
    fn every_special_network_is_one() {
        for text in SPECIAL {
            assert!(
                matches!(Target::parse(text), Some(Target::Network(..))),
                "{text}"
            );
        }
    }

    #[test]
    fn addresses_off_the_internet_are_denied_in_every_disguise() {
        let none = Targets::new(Vec::new(), Vec::new());
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.0.1",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:a9fe:a9fe",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!permit(&none, address), "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::",
        ] {
            assert!(permit(&none, address), "{address}");
        }
    }

    #[test]
    fn what_is_allowed_wins_over_what_is_denied() {
        let mixed = Targets::new(
            targets(&["127.0.0.1", "10.1.0.0/16", "Hooks.Internal"]),
            targets(&[
                "10.0.0.0/8",
                "1.0.0.0/8",
                "evil.example",
                "0.0.0.0/0",
                "hooks.internal",
            ]),
        );
        for (name, address, permitted) in [
            (None, "127.0.0.1", true),
            (None, "::ffff:127.0.0.1", true),
            (None, "127.0.0.2", false),
            (None, "10.1.9.9", true),
            (None, "10.2.0.0", false),
            (None, "1.1.1.1", false),
            (None, "2606:4700::1111", true),
            (Some("hooks.internal."), "192.168.0.1", true),
            (Some("x.hooks.internal"), "192.168.0.1", false),
            (Some("EVIL.example"), "2606:4700::1111", false),
        ] {
            let found = mixed.permit(name, address.parse().unwrap());
            assert_eq!(found, permitted, "{name:?} {address}");
        }
        assert!(!mixed.permit_name("Evil.Example."));
        assert!(mixed.permit_name("hooks.internal"));
        assert!(mixed.permit_name("else.example"));
    }

    #[test]
    fn targets_are_names_addresses_or_networks() {
        for text in [
            "a",
            "a.example.",
            "10.0.0.1",
            "::1",
            "10.0.0.0/8",
            "::/0",
            "0.0.0.0/0",
        ] {
            assert!(Target::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            ".",
            "a b",
            "https://a",
            "a:80",
            "10.0.0.0/33",
            "::/129",
            "a/8",
            "*.a",
        ] {
            assert!(Target::parse(text).is_none(), "{text}");
        }
    }
}
