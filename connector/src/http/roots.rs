//! Who vouches for the certificates of other machines.

use crate::fault::Fault;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;

/// Certificates of authorities. Read once, shared by all connections.
#[derive(Clone, Debug)]
pub struct Roots(pub(super) Arc<RootCertStore>);

impl Roots {
    /// Those that this machine trusts, and nothing else. Reads files, so it is called at the start.
    #[must_use]
    pub fn of_the_machine() -> Self {
        let mut store = RootCertStore::empty();
        // What cannot be read vouches for nobody; an empty store refuses every machine.
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self(Arc::new(store))
    }

    /// None: only what is added with [`Roots::and_pem`] is trusted.
    #[must_use]
    pub fn none() -> Self {
        Self(Arc::new(RootCertStore::empty()))
    }

    /// Adds authorities of the house, in PEM, as many as the text holds.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] when there is none in the text or one cannot be read.
    pub fn and_pem(mut self, pem: &str) -> Result<Self, Fault> {
        let wrong = |why: &str| Fault::Misconfigured { field: "root_certificates", why: why.to_owned() };
        let found = CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| wrong("a certificate is not in PEM."))?;
        if found.is_empty() {
            return Err(wrong("there is no certificate in it."));
        }
        let store = Arc::make_mut(&mut self.0);
        for certificate in found {
            store.add(certificate).map_err(|_| wrong("a certificate cannot be read."))?;
        }
        Ok(self)
    }

    /// How many authorities are trusted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}
