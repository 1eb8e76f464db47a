//! Where a request comes from: the address of the client, and which part of it counts.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// The address of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress {
    /// The address; never an IPv4 address in the clothes of IPv6.
    pub address: IpAddr,
    /// Whether a trusted proxy has said so; otherwise it is the peer of the connection.
    pub forwarded: bool,
}

/// The header in which trusted proxies say whom they serve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: addresses by commas, each proxy adds its peer at the end.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239): the same in elements with `for=`.
    Forwarded,
}

impl ForwardedHeader {
    /// The name of the header, in small letters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

/// The proxies whose word on their clients counts. By default there are none.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    trusted: Vec<IpNet>,
    header: ForwardedHeader,
}

impl Proxies {
    /// The proxies of these networks, with the one header that all of them set.
    ///
    /// One header: a proxy that sets one of the two passes the other on as the client sent it.
    pub const fn new(trusted: Vec<IpNet>, header: ForwardedHeader) -> Self {
        Self { trusted, header }
    }

    /// The header that counts, where any does.
    pub fn header(&self) -> Option<ForwardedHeader> {
        (!self.trusted.is_empty()).then_some(self.header)
    }

    /// Whether an address is one of theirs.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }

    /// The client behind a peer: the rightmost address that is not a trusted proxy's.
    ///
    /// `values` are those of [`header`](Self::header), in the order in which they came. Everything to
    /// the left of the first address that is not trusted was said by strangers. Nothing where the
    /// peer is a proxy that names nobody, or names what is no address: that the proxy fails is not
    /// the proxy's own doing.
    pub fn client(
        &self,
        peer: IpAddr,
        values: impl DoubleEndedIterator<Item: AsRef<[u8]>>,
    ) -> Option<ClientAddress> {
        if !self.trusts(peer) {
            return Some(ClientAddress {
                address: peer.to_canonical(),
                forwarded: false,
            });
        }
        for value in values.rev() {
            for element in value.as_ref().rsplit(|byte| *byte == b',') {
                let address = self.address(element)?;
                if !self.trusts(address) {
                    return Some(ClientAddress {
                        address,
                        forwarded: true,
                    });
                }
            }
        }
        None
    }

    fn address(&self, element: &[u8]) -> Option<IpAddr> {
        let text = str::from_utf8(element).ok()?.trim();
        match self.header {
            ForwardedHeader::XForwardedFor => read_address(text),
            ForwardedHeader::Forwarded => text.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                let value = value.trim();
                let bare = value
                    .strip_prefix('"')
                    .and_then(|value| value.strip_suffix('"'))
                    .unwrap_or(value);
                name.trim()
                    .eq_ignore_ascii_case("for")
                    .then(|| read_address(bare))?
            }),
        }
    }
}

/// An address with or without a port, as proxies write it: `1.2.3.4:5`, `[::1]:5`, `[::1]`, `::1`.
fn read_address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']');
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
        .or_else(|| Some(bracketed()?.parse::<Ipv6Addr>().ok()?.into()))?;
    Some(address.to_canonical())
}

/// A network, or a single address as one.
pub fn read_network(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical().into());
    }
    let network = text.parse::<IpNet>().ok()?;
    // Addresses are unmapped before they are looked up, so a network of mapped ones would have none.
    let mapped =
        matches!(network.addr(), IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
    (!mapped).then_some(network.trunc())
}

/// What of an address counts as one client: all of IPv4, but the first 64 bits of IPv6, for whoever
/// has one address there has all of its network (CVE-2026-45364).
pub fn one_client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ForwardedHeader, peer: &str, values: &[&str]) -> Option<(String, bool)> {
        let trusted = ["10.0.0.0/8", "fd00::/8", "127.0.0.1"];
        let trusted = trusted.map(|text| read_network(text).unwrap()).to_vec();
        let values = values.iter().map(|value| value.as_bytes());
        let found = Proxies::new(trusted, header).client(peer.parse().unwrap(), values);
        found.map(|found| (found.address.to_string(), found.forwarded))
    }

    #[test]
    fn the_rightmost_address_that_is_not_trusted_is_the_client() {
        for (peer, values, expected) in [
            // Strangers are who they are, whatever they say.
            (
                "192.0.2.1",
                &["198.51.100.9"][..],
                Some(("192.0.2.1", false)),
            ),
            ("::ffff:192.0.2.1", &[], Some(("192.0.2.1", false))),
            // A proxy names its peer last; what is left of that was said by the peer.
            ("10.0.0.1", &["192.0.2.1"], Some(("192.0.2.1", true))),
            (
                "10.0.0.1",
                &["1.1.1.1, 192.0.2.1"],
                Some(("192.0.2.1", true)),
            ),
            (
                "10.0.0.1",
                &["1.1.1.1", "192.0.2.1"],
                Some(("192.0.2.1", true)),
            ),
            (
                "10.0.0.1",
                &["192.0.2.1, 10.9.9.9"],
                Some(("192.0.2.1", true)),
            ),
            (
                "10.0.0.1",
                &["192.0.2.1", "10.9.9.9,fd00::7"],
                Some(("192.0.2.1", true)),
            ),
            ("::ffff:10.0.0.1", &["192.0.2.1"], Some(("192.0.2.1", true))),
            // The ways to write an address are one address.
            ("10.0.0.1", &["::ffff:192.0.2.1"], Some(("192.0.2.1", true))),
            ("10.0.0.1", &["192.0.2.1:4711"], Some(("192.0.2.1", true))),
            (
                "10.0.0.1",
                &["[2001:db8:0::1]:4711"],
                Some(("2001:db8::1", true)),
            ),
            ("10.0.0.1", &["[2001:DB8::1]"], Some(("2001:db8::1", true))),
            // Nobody is named, or not by an address.
            ("10.0.0.1", &[], None),
            ("10.0.0.1", &[""], None),
            ("10.0.0.1", &["10.0.0.2"], None),
            ("10.0.0.1", &["192.0.2.1, unknown"], None),
            ("10.0.0.1", &["192.0.2.1,"], None),
            ("10.0.0.1", &["192.0.2.01"], None),
        ] {
            let found = client(ForwardedHeader::XForwardedFor, peer, values);
            let expected = expected.map(|(address, forwarded)| (address.to_owned(), forwarded));
            assert_eq!(found, expected, "{peer} {values:?}");
        }
    }

    #[test]
    fn the_standard_header_says_the_same() {
        for (values, expected) in [
            (&["for=192.0.2.1"][..], Some("192.0.2.1")),
            (
                &["for=1.1.1.1;proto=https, For=\"192.0.2.1:80\";by=10.0.0.1"],
                Some("192.0.2.1"),
            ),
            (
                &["for=1.1.1.1", "proto=http;for=\"[2001:db8::1]:9\""],
                Some("2001:db8::1"),
            ),
            (&["for=192.0.2.1, for=10.0.0.3"], Some("192.0.2.1")),
            (&["for=_hidden"], None),
            (&["proto=https"], None),
        ] {
            let found = client(ForwardedHeader::Forwarded, "10.0.0.1", values);
            let expected = expected.map(|address| (address.to_owned(), true));
            assert_eq!(found, expected, "{values:?}");
        }
    }

    #[test]
    fn without_trusted_proxies_no_header_counts() {
        assert_eq!(Proxies::default().header(), None);
    }

    #[test]
    fn one_client_has_a_whole_network_of_ipv6() {
        for (address, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::9", "2001:db8:1:2::"),
            ("2001:db8:1:3::9", "2001:db8:1:3::"),
        ] {
            let one = one_client(address.parse().unwrap());
            assert_eq!(one.to_string(), expected);
        }
    }

    #[test]
    fn networks_are_read_whole() {
        for (text, expected) in [
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("10.1.2.3/8", Some("10.0.0.0/8")),
            ("192.0.2.1", Some("192.0.2.1/32")),
            ("::ffff:192.0.2.1", Some("192.0.2.1/32")),
            ("fd00::/8", Some("fd00::/8")),
            ("::ffff:10.0.0.0/104", None),
            ("10.0.0.0/33", None),
            ("proxy.internal", None),
            ("", None),
        ] {
            let network = read_network(text).map(|network| network.to_string());
            assert_eq!(network.as_deref(), expected, "{text}");
        }
    }
}
