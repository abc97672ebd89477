//! TLS for every channel: one provider (ring), whom it trusts, and how its failures are told from
//! others.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::{Arc, Once};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{AlertDescription, ClientConfig};
use rustls_platform_verifier::Verifier;

/// Sets the process's TLS provider. reqwest panics without one, so whoever makes a client calls
/// this first.
pub fn install_provider() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error only says that somebody else has set one already.
        rustls::crypto::ring::default_provider().install_default().ok();
    });
}

/// The certificates in a file (PEM), for example of a university's own CA.
///
/// # Errors
/// In words, if the file cannot be read or holds none.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let shown = path.display();
    let text =
        std::fs::read(path).map_err(|error| format!("the certificates in {shown}: {error}"))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(format!("{shown} holds no certificate; it begins with `-----BEGIN`")),
        Err(error) => Err(format!("the certificates in {shown}: {error:?}")),
    }
}

/// How a client shakes hands: it trusts whom the machine trusts, and `extra` certificates.
///
/// # Errors
/// In words, if nobody could be trusted.
pub fn client_config(extra: Vec<CertificateDer<'static>>) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = || {
        let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous() // as rustls calls every verifier that is not its own
            .with_custom_certificate_verifier(Arc::new(verifier));
        Ok(Arc::new(builder.with_no_client_auth()))
    };
    config().map_err(|error: rustls::Error| error.to_string())
}

/// What TLS itself objected to (certificate, handshake), if that is what is behind an error.
pub fn fault(error: &(dyn Error + 'static)) -> Option<String> {
    rustls_error(error, &|it| Some(it.to_string()))
}

/// How the other side refused our certificate (RFC 8446 §6.2), if that is what is behind an error:
/// it ended the handshake, so it has read nothing of what was sent.
pub fn refused_certificate(error: &(dyn Error + 'static)) -> Option<String> {
    let alert = rustls_error(error, &|it| match it {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    })?;
    let is_about_it = matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    );
    is_about_it.then(|| format!("{alert:?}"))
}

/// What is behind an error, if it came from TLS.
fn rustls_error<T>(
    error: &(dyn Error + 'static),
    wanted: &dyn Fn(&rustls::Error) -> Option<T>,
) -> Option<T> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<rustls::Error>().and_then(wanted) {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        // The source of an I/O error is not the error in it, but that error's own source.
        if let Some(found) = inner.and_then(|inner| rustls_error(inner, wanted)) {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

/// An error and its causes on one line, each said once.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let words = error.to_string();
        if !said.iter().any(|earlier| earlier.contains(&words)) {
            said.push(words);
        }
        cause = error.source();
    }
    said.join(": ")
}
