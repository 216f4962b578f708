//! What every handler shares.

use axum::http::HeaderMap;
use ipnet::IpNet;
use liaison_app::App;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// How the server is reached, as far as handlers must know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edge {
    /// The address people use, where it differs from the listener: `https://chat.hana.example`.
    pub public_url: Option<String>,
    /// Whether the server itself speaks TLS.
    pub tls: bool,
    /// The proxies whose word is taken for where a request came from.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may read the metrics, besides this machine.
    pub metrics_from: Vec<IpNet>,
    /// Whether only those proxies may come: the listener is open to other machines and speaks no TLS (I-58).
    pub proxies_only: bool,
}

impl Edge {
    /// Whether browsers reach us over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.tls || self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The session cookie's name: with TLS one that no other host or path can set.
    pub(crate) fn cookie(&self) -> &'static str {
        if self.is_secure() { "__Host-liaison_session" } else { "liaison_session" }
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// Whether this machine may connect at all.
    pub(crate) fn admits(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        !self.proxies_only || peer.is_loopback() || self.is_trusted(peer)
    }

    /// Where a request came from. A trusted proxy is believed about the hop before it, and so on: the answer is the
    /// first hop, seen from us, that is no proxy of ours. Whatever stands further away was written by that stranger.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.is_trusted(peer) {
            return peer;
        }
        let (listed, forwarded) = (hops(headers, "x-forwarded-for"), hops(headers, "forwarded"));
        let client = match (listed.is_empty(), forwarded.is_empty()) {
            (true, true) => return peer,
            (false, true) => self.first_stranger(peer, &listed),
            (true, false) => self.first_stranger(peer, &forwarded),
            // A proxy writes one of the two and may hand through the other as it came.
            (false, false) => {
                let client = self.first_stranger(peer, &listed);
                if client == self.first_stranger(peer, &forwarded) { client } else { peer }
            }
        };
        client.to_canonical()
    }

    /// Whether the metrics are for this request. They count what happens to people who are not told of it: somebody who
    /// reads them while asking learns the answer that was withheld (I-05). What came through a proxy that nobody named
    /// could come from anywhere.
    pub(crate) fn shows_metrics(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let through_a_proxy = ["x-forwarded-for", "forwarded"].iter().any(|name| headers.contains_key(*name));
        let client = self.client(peer, headers);
        let known = client.is_loopback() || self.metrics_from.iter().any(|network| network.contains(&client));
        known && (!through_a_proxy || self.is_trusted(peer.to_canonical()))
    }

    fn first_stranger(&self, peer: IpAddr, hops: &[String]) -> IpAddr {
        let mut nearest = peer;
        for hop in hops.iter().rev() {
            // What cannot be read was not written by a proxy of ours.
            let Some(address) = address_of(hop) else { return nearest };
            nearest = address;
            if !self.is_trusted(address) {
                return address;
            }
        }
        nearest
    }
}

/// The hops a header names, the nearest last.
fn hops(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("unreadable"));
    let hops = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|hop| !hop.is_empty());
    if name != "forwarded" {
        return hops.map(ToOwned::to_owned).collect();
    }
    hops.map(|hop| {
        let mut pairs = hop.split(';').filter_map(|pair| pair.trim().split_once('='));
        let value = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case("for")).map_or("", |(_, value)| value.trim());
        value.trim_matches('"').to_owned()
    })
    .collect()
}

/// An address with or without brackets and port.
fn address_of(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse::<IpAddr>().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|a| a.ip()));
    address.map(|a| a.to_canonical())
}

/// The state of all routes.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    pub app: Arc<App>,
    pub edge: Arc<Edge>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn client(trusted: &[&str], peer: &str, headers: &[(&'static str, &str)]) -> String {
        let trusted_proxies = trusted.iter().map(|n| n.parse().unwrap()).collect();
        let edge = Edge { trusted_proxies, ..Edge::default() };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        edge.client(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn i48_only_a_trusted_proxy_is_believed_about_where_a_request_came_from() {
        type Headers<'h> = &'h [(&'static str, &'h str)];
        let xff = "x-forwarded-for";
        let ours = ["10.0.0.0/8", "fd00::/8"];
        let cases: &[(&str, Headers<'_>, &str)] = &[
            ("192.0.2.9", &[(xff, "203.0.113.5")], "192.0.2.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &[(xff, "203.0.113.5")], "203.0.113.5"),
            // What the client wrote itself stands on the left.
            ("10.0.0.1", &[(xff, "198.51.100.1, 203.0.113.5")], "203.0.113.5"),
            ("10.0.0.1", &[(xff, "198.51.100.1"), (xff, "203.0.113.5, 10.0.0.2")], "203.0.113.5"),
            ("10.0.0.1", &[(xff, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            ("10.0.0.1", &[(xff, "203.0.113.5, rubbish")], "10.0.0.1"),
            ("10.0.0.1", &[(xff, "203.0.113.5:4711")], "203.0.113.5"),
            ("::ffff:10.0.0.1", &[(xff, "::ffff:203.0.113.5")], "203.0.113.5"),
            ("fd00::1", &[("forwarded", "for=198.51.100.1, For=\"[2001:db8::7]:443\";proto=https")], "2001:db8::7"),
            // Two headers that disagree: one of them is the client's.
            ("10.0.0.1", &[(xff, "198.51.100.1"), ("forwarded", "for=203.0.113.5")], "10.0.0.1"),
            ("10.0.0.1", &[(xff, "203.0.113.5"), ("forwarded", "for=203.0.113.5")], "203.0.113.5"),
        ];
        for (peer, headers, expected) in cases {
            assert_eq!(client(&ours, peer, headers), *expected, "{peer} {headers:?}");
            assert_eq!(client(&[], peer, headers), peer.trim_start_matches("::ffff:"), "nobody is trusted");
        }
    }

    #[test]
    fn i58_an_open_listener_without_tls_admits_its_proxies_only() {
        let edge =
            Edge { proxies_only: true, trusted_proxies: vec!["10.0.0.7/32".parse().unwrap()], ..Edge::default() };
        for (peer, admitted) in
            [("10.0.0.7", true), ("::ffff:10.0.0.7", true), ("127.0.0.1", true), ("10.0.0.8", false)]
        {
            assert_eq!(edge.admits(peer.parse().unwrap()), admitted, "{peer}");
        }
        assert!(Edge::default().admits("192.0.2.1".parse().unwrap()));
    }
}
