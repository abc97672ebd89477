//! TLS for every channel: one provider (ring), and how its failures are told from others.

use std::error::Error;
use std::io;
use std::sync::Once;

/// Sets the process's TLS provider. reqwest panics without one, so whoever makes a client calls
/// this first.
pub fn install_provider() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error only says that somebody else has set one already.
        rustls::crypto::ring::default_provider().install_default().ok();
    });
}

/// What TLS itself objected to (certificate, handshake), if that is what is behind an error.
pub fn fault(error: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(fault) = error.downcast_ref::<rustls::Error>() {
            return Some(fault.to_string());
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        // The source of an I/O error is not the error in it, but that error's own source.
        if let Some(fault) = inner.and_then(|inner| fault(inner)) {
            return Some(fault);
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
