//! Who calls the gateway.

use std::{fmt, net::IpAddr, path::PathBuf};

use http::HeaderValue;
use tonic::Status;

use crate::exchange::BoxError;

type Read = dyn Fn() -> Result<String, BoxError> + Send + Sync;

/// Says who calls, anew before each attempt. `Debug` does not show what is secret.
pub struct Credentials {
    scheme: &'static str,
    read: Box<Read>,
}

impl Credentials {
    /// A key that the gateway knows, `pgw_...`.
    pub fn gateway_key(key: impl Into<String>) -> Self {
        let key = key.into();
        Self { scheme: "PortOne", read: Box::new(move || Ok(key.clone())) }
    }

    /// A JWT, which is asked for before each attempt: keep it for as long as it is valid.
    /// The function must not block for long.
    pub fn token<E: Into<BoxError>>(
        read: impl Fn() -> Result<String, E> + Send + Sync + 'static,
    ) -> Self {
        Self { scheme: "Bearer", read: Box::new(move || read().map_err(Into::into)) }
    }

    /// A JWT in a file that somebody renews, such as a service account's in Kubernetes.
    pub fn token_file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::token(move || std::fs::read_to_string(&path).map(|text| text.trim().to_owned()))
    }

    /// The value of the metadata `authorization`. The status does not show it.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Status> {
        let none = |why: &str| Status::unauthenticated(format!("no key or token: {why}"));
        // The error may have the token in its text.
        let secret = (self.read)().map_err(|_| none("it cannot be read"))?;
        if secret.is_empty() || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(none("it is empty, or has a character that cannot stand in metadata"));
        }
        let mut value = HeaderValue::try_from(format!("{} {secret}", self.scheme))
            .map_err(|_| none("it cannot stand in metadata"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials([redacted])")
    }
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorization_is_made_and_never_shown() {
        let key = Credentials::gateway_key("pgw_secret");
        let value = key.authorization().expect("it is allowed");
        assert_eq!(value, "PortOne pgw_secret");
        assert!(!format!("{key:?} {value:?}").contains("secret"));
        for bad in ["", "a b", "line\nbreak", "é"] {
            let status = Credentials::gateway_key(bad).authorization().expect_err(bad);
            assert!(bad.is_empty() || !status.message().contains(bad));
        }
        let broken = Credentials::token(|| Err::<String, _>("secret-in-the-error"));
        let status = broken.authorization().expect_err("it cannot be read");
        assert!(!format!("{status:?}").contains("secret"));
    }

    #[test]
    fn this_machine_is_known() {
        for (host, want) in [
            ("127.0.0.1", true),
            ("127.8.8.8", true),
            ("[::1]", true),
            ("[::ffff:127.0.0.1]", true),
            ("LOCALHOST", true),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(host), want, "{host}");
        }
    }
}
