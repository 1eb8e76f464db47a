//! How many connections one address has open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::client::{Proxies, one_client};

/// The open connections of all workers by address.
#[derive(Debug)]
pub(super) struct Crowd {
    most: usize,
    exempt: Arc<Proxies>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that counts for as long as it lives.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Arc<Crowd>,
    address: IpAddr,
}

impl Crowd {
    /// At most so many connections of one address; 0 sets no limit. Trusted proxies have none.
    pub(super) fn new(most: usize, exempt: Arc<Proxies>) -> Arc<Self> {
        Arc::new(Self {
            most,
            exempt,
            open: Mutex::default(),
        })
    }

    /// Counts a connection of this address.
    ///
    /// # Errors
    /// [`Full`] where the address has as many as it may.
    pub(super) fn enter(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Option<Place>, Full> {
        let Some(address) =
            address.filter(|address| self.most > 0 && !self.exempt.trusts(*address))
        else {
            return Ok(None);
        };
        let address = one_client(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = open.entry(address).or_default();
        if *connections >= self.most {
            return Err(Full);
        }
        *connections += 1;
        drop(open);
        Ok(Some(Place {
            crowd: Arc::clone(self),
            address,
        }))
    }
}

/// An address has as many connections as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self
            .crowd
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(connections) = open.get_mut(&self.address) else {
            return;
        };
        *connections -= 1;
        if *connections == 0 {
            open.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::client::{ForwardedHeader, read_network};

    #[test]
    fn an_address_that_left_is_forgotten() {
        let crowd = Crowd::new(2, Arc::default());
        let enter = |text: &str| crowd.enter(Some(text.parse().unwrap()));
        let first = enter("192.0.2.1").unwrap();
        let second = enter("::ffff:192.0.2.1").unwrap();
        assert_eq!(enter("192.0.2.1").unwrap_err(), Full);
        let other = enter("192.0.2.2").unwrap();
        drop(first);
        let third = enter("192.0.2.1").unwrap();
        drop((second, third, other));
        assert!(crowd.open.lock().unwrap().is_empty());
    }

    #[test]
    fn proxies_and_a_limit_of_nothing_are_not_counted() {
        let trusted = vec![read_network("10.0.0.0/8").unwrap()];
        let proxies = Proxies::new(trusted, ForwardedHeader::default());
        let crowd = Crowd::new(1, Arc::new(proxies));
        for _ in 0..3 {
            let place = crowd.enter(Some("10.1.2.3".parse().unwrap()));
            assert!(place.unwrap().is_none());
        }
        let unlimited = Crowd::new(0, Arc::default());
        let place = unlimited.enter(Some("192.0.2.1".parse().unwrap()));
        assert!(place.unwrap().is_none());
    }
}
