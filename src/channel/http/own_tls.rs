//! A client of its own for servers that want a certificate of us, or that an authority of their own
//! vouches for.

use std::path::PathBuf;

use secrecy::ExposeSecret;
use url::Url;

use super::{builder, unmade};
use crate::channel::secret::SecretRef;
use crate::channel::{is_loopback, tls};

/// What TLS needs beside what the machine has.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnTls {
    /// Our certificate and its key (PEM).
    pub certificate: Option<SecretRef>,
    /// An authority that is trusted beside the machine's (PEM).
    pub authority: Option<PathBuf>,
}

impl OwnTls {
    /// Read anew each time: a certificate that was renewed counts at once.
    ///
    /// # Errors
    /// In words, if a file cannot be used.
    pub(super) fn client(&self, url: &Url) -> Result<reqwest::Client, String> {
        tls::install_provider();
        let identity = self.identity()?;
        let authorities = self.authorities()?;
        let prepared = || {
            let mut made = builder();
            if is_loopback(url.host_str().unwrap_or_default()) {
                made = made.no_proxy();
            }
            if let Some(identity) = identity.clone() {
                made = made.identity(identity);
            }
            made
        };
        // A machine that trusts nobody can still trust whom the file names.
        match prepared().tls_certs_merge(authorities.clone()).build() {
            Err(_) if !authorities.is_empty() => {
                prepared().tls_certs_only(authorities).build().map_err(unmade)
            }
            made => made.map_err(unmade),
        }
    }

    fn identity(&self) -> Result<Option<reqwest::Identity>, String> {
        let Some(secret) = &self.certificate else { return Ok(None) };
        let pem = secret.read().map_err(|error| error.to_string())?;
        reqwest::Identity::from_pem(pem.expose_secret().as_bytes()).map(Some).map_err(|error| {
            format!(
                "the client certificate {} cannot be used ({}): it has to hold the certificate and \
                 its private key as PEM; `openssl pkcs12 -in FILE.p12 -nodes` writes them",
                secret.place(),
                tls::chain(&error)
            )
        })
    }

    fn authorities(&self) -> Result<Vec<reqwest::Certificate>, String> {
        let Some(path) = &self.authority else { return Ok(Vec::new()) };
        let read = tls::certificates(path)?;
        let made = read.iter().map(|it| reqwest::Certificate::from_der(it));
        made.collect::<Result<_, _>>()
            .map_err(|error| format!("the certificates in {}: {error}", path.display()))
    }
}
