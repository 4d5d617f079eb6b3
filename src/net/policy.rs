//! Which networks may be reached (`--allow-network`): every address is of one of three classes. Pure.
//! An address that embeds an IPv4 address has the class of that address. An address that IANA's registries of special
//! addresses call not globally reachable is private.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// The class of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkClass {
    /// This machine.
    Loopback,
    /// A network that is not part of the internet, multicast, or broadcast.
    Private,
    /// Everything else.
    Internet,
}

impl NetworkClass {
    const ALL: [Self; 3] = [Self::Loopback, Self::Private, Self::Internet];

    fn name(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Internet => "internet",
        }
    }
}

impl fmt::Display for NetworkClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The classes that may be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPolicy(Vec<NetworkClass>);

impl NetworkPolicy {
    /// Reads a comma-separated list of classes.
    ///
    /// # Errors
    /// Says what is wrong, and shows a list that is accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        let class = |word: &str| {
            NetworkClass::ALL.into_iter().find(|class| class.name() == word).ok_or_else(|| {
                format!("'{word}' is not loopback, private or internet; write private,internet")
            })
        };
        let given: Vec<_> = text.split(',').map(|word| class(word.trim())).collect::<Result<_, _>>()?;
        let mut classes = Vec::new();
        for class in given {
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
        Ok(Self(classes))
    }

    /// The class of an address.
    pub fn class_of(ip: IpAddr) -> NetworkClass {
        match ip {
            IpAddr::V4(ip) => class_of_v4(ip),
            IpAddr::V6(ip) => class_of_v6(ip),
        }
    }

    /// Whether any address is refused.
    pub(super) fn refuses_any(&self) -> bool {
        !NetworkClass::ALL.iter().all(|class| self.0.contains(class))
    }

    /// Whether addresses of a class may be connected to.
    #[cfg(unix)]
    pub(super) fn allows_class(&self, class: NetworkClass) -> bool {
        self.0.contains(&class)
    }

    /// Whether an address may be connected to.
    pub fn allows(&self, ip: IpAddr) -> bool {
        self.0.contains(&Self::class_of(ip))
    }
}

/// The list as the flag takes it.
impl fmt::Display for NetworkPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|class| class.name()).collect();
        f.write_str(&names.join(","))
    }
}

/// Not globally reachable, by the IANA IPv4 Special-Purpose Address Registry.
const PRIVATE_V4: [Ipv4Net; 14] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),  // carrier-grade NAT
    v4([169, 254, 0, 0], 16), // link-local, cloud metadata
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),   // protocol assignments
    v4([192, 0, 2, 0], 24),   // documentation
    v4([192, 88, 99, 0], 24), // 6to4 relays, deprecated
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),   // benchmarking
    v4([198, 51, 100, 0], 24), // documentation
    v4([203, 0, 113, 0], 24),  // documentation
    v4([224, 0, 0, 0], 4),     // multicast
    v4([240, 0, 0, 0], 4),     // reserved, broadcast
];

/// All of IPv6 that is assigned as global unicast (RFC 4291 §2.4, IANA).
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Inside of [`GLOBAL_V6`], yet not globally reachable.
const PRIVATE_V6: [Ipv6Net; 3] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),     // protocol assignments, Teredo
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),     // documentation
];

/// IPv4 behind a translator (RFC 6052 §2.1).
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// IPv6 over IPv4 (RFC 3056 §2).
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16);

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(s: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]), length)
}

fn class_of_v4(ip: Ipv4Addr) -> NetworkClass {
    // A connection to 0.0.0.0 arrives at this machine.
    if ip.is_loopback() || ip.is_unspecified() {
        NetworkClass::Loopback
    } else if PRIVATE_V4.iter().any(|network| network.contains(&ip)) {
        NetworkClass::Private
    } else {
        NetworkClass::Internet
    }
}

fn class_of_v6(ip: Ipv6Addr) -> NetworkClass {
    let [.., a, b, c, d] = ip.octets();
    let last = Ipv4Addr::new(a, b, c, d);
    let [_, _, a, b, c, d, ..] = ip.octets();
    let second = Ipv4Addr::new(a, b, c, d);
    if ip.is_loopback() || ip.is_unspecified() {
        NetworkClass::Loopback
    } else if ip.to_ipv4_mapped().is_some() || NAT64.contains(&ip) {
        class_of_v4(last)
    } else if SIX_TO_FOUR.contains(&ip) {
        class_of_v4(second)
    } else if GLOBAL_V6.contains(&ip) && !PRIVATE_V6.iter().any(|network| network.contains(&ip)) {
        NetworkClass::Internet
    } else {
        NetworkClass::Private
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(ip: &str) -> NetworkClass {
        NetworkPolicy::class_of(ip.parse().unwrap())
    }

    #[test]
    fn this_machine() {
        for ip in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:0.0.0.0",
            "64:ff9b::7f00:1",
            "2002:7f00:1::1",
        ] {
            assert_eq!(class(ip), NetworkClass::Loopback, "{ip}");
        }
    }

    #[test]
    fn networks_that_are_not_the_internet() {
        for ip in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "0.1.2.3",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "3fff::1",
            "100::1",
            "::2",
            "::10.0.0.1",
            "::8.8.8.8",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::808:808",
            "2002:a00:1::1",
        ] {
            assert_eq!(class(ip), NetworkClass::Private, "{ip}");
        }
    }

    #[test]
    fn the_internet_begins_right_beside() {
        for ip in [
            "8.8.8.8",
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::1",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert_eq!(class(ip), NetworkClass::Internet, "{ip}");
        }
    }

    #[test]
    fn a_policy_is_a_list_of_classes() {
        let policy = NetworkPolicy::parse("internet, private,internet").unwrap();
        assert_eq!(policy.to_string(), "internet,private");
        assert!(policy.allows("8.8.8.8".parse().unwrap()));
        assert!(!policy.allows("::ffff:127.0.0.1".parse().unwrap()));
        assert!(policy.refuses_any());
        assert!(!NetworkPolicy::parse("private,loopback,internet").unwrap().refuses_any());
        for text in ["", "internet,", "lan", "Internet"] {
            assert!(NetworkPolicy::parse(text).unwrap_err().contains("write private,internet"), "{text}");
        }
    }
}
