//! Clients of the gateway.

use std::{fmt, time::Duration};

use tonic::{IntoRequest, transport::Endpoint};

use crate::{
    call::{AskAgain, Channel, Options},
    credentials::{Credentials, is_loopback},
    list::{List, ListRequest},
};

/// How large an answer may be, in bytes: as large as the gateway's own limit. The stubs of
/// a [`Client`] are set to it; one that is made otherwise has tonic's 4 MiB until it is, too.
pub const MAX_ANSWER: usize = 32 << 20;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const KEEPALIVE: Duration = Duration::from_secs(30);

/// A client of the gateway. It may be cloned and used by many tasks; all clones share one
/// connection, which is made with the first call and made again when it breaks.
#[derive(Clone, Debug)]
pub struct Client {
    channel: Channel,
}

/// How a client is made.
#[derive(Debug)]
pub struct Builder {
    target: String,
    options: Options,
    credentials: Option<Credentials>,
    allow_plaintext: bool,
    #[cfg(feature = "_tls")]
    tls: Option<tonic::transport::ClientTlsConfig>,
}

/// Why a client cannot be made.
#[derive(Debug)]
pub struct BuildError(String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

impl Client {
    /// A client of a gateway at `host:port`, `https://host:port` or `unix:///path`. It is
    /// made within a runtime of tokio's, and makes no connection yet.
    pub fn new(target: impl Into<String>) -> Result<Self, BuildError> {
        Self::builder(target).build()
    }

    /// As [`Client::new`], with options.
    pub fn builder(target: impl Into<String>) -> Builder {
        Builder {
            target: target.into(),
            options: Options::default(),
            credentials: None,
            allow_plaintext: false,
            #[cfg(feature = "_tls")]
            tls: None,
        }
    }

    /// A client over a channel that was made otherwise.
    pub fn over(channel: Channel) -> Self {
        Self { channel }
    }

    /// The channel, for stubs of one's own, such as those with interceptors.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// A list of any length, one part of it at a time.
    ///
    /// The request may say where to begin and how many objects a part has (100 unless
    /// given). Where it has an end of the range of time, and none is set, it is set to the
    /// time of this machine, so that objects which come meanwhile do not shift the pages;
    /// those that change meanwhile, so that the filter sees them elsewhere, can be missed:
    /// list by cursor where none may be.
    ///
    /// A deadline in the request is that of each part.
    pub fn list<R: ListRequest>(&self, request: impl IntoRequest<R>) -> List<R> {
        List::new(self.clone(), request.into_request())
    }
}

impl Builder {
    /// For how long a call is made again after its first failure; zero: not at all.
    /// Default: a minute.
    pub fn ask_again_for(mut self, time: Duration) -> Self {
        self.options.ask_again_for = time;
        self
    }

    /// How long one attempt may take. Default: 75 seconds; the gateway waits 60 for PortOne.
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.options.attempt_timeout = time;
        self
    }

    /// Says who calls: over TLS, unix sockets and to this machine.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Lets credentials go to another machine in clear text, as where a mesh encrypts.
    pub fn allow_plaintext(mut self) -> Self {
        self.allow_plaintext = true;
        self
    }

    /// TLS with roots, a name or a certificate of one's own, for mTLS. Without it a target
    /// of `https://` is checked by the system's roots.
    #[cfg(feature = "_tls")]
    pub fn tls(mut self, config: tonic::transport::ClientTlsConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// Makes the client, within a runtime of tokio's.
    pub fn build(self) -> Result<Client, BuildError> {
        if self.options.attempt_timeout.is_zero() {
            return Err(BuildError("an attempt needs more than no time".into()));
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(BuildError("a client is made within a runtime of tokio's".into()));
        }
        let endpoint = self.endpoint()?;
        let channel = AskAgain::new(endpoint.connect_lazy(), self.options);
        Ok(Client::over(match self.credentials {
            Some(credentials) => channel.with_credentials(credentials),
            None => channel,
        }))
    }

    fn endpoint(&self) -> Result<Endpoint, BuildError> {
        let target = match self.target.as_str() {
            bare if bare.starts_with("unix:") || bare.contains("://") => bare.to_owned(),
            bare if self.wants_tls() => format!("https://{bare}"),
            bare => format!("http://{bare}"),
        };
        // The text of a target may have a password in it.
        let wrong =
            || BuildError("the target is no host:port, https://host:port or unix:///path".into());
        let endpoint = Endpoint::from_shared(target.clone()).map_err(|_| wrong())?;
        let is_unix = target.starts_with("unix:");
        let uri = endpoint.uri();
        let encrypted = uri.scheme_str() == Some("https");
        if !is_unix && (uri.host().is_none() || !matches!(uri.scheme_str(), Some("http" | "https")))
        {
            return Err(wrong());
        }
        if self.wants_tls() && !encrypted {
            return Err(BuildError("TLS is set, and the target is one without".into()));
        }
        let local = is_unix || uri.host().is_some_and(is_loopback);
        if self.credentials.is_some() && !encrypted && !local && !self.allow_plaintext {
            return Err(BuildError(
                "credentials would go to another machine in clear text: use https:// or, behind a mesh, allow_plaintext".into(),
            ));
        }
        let endpoint = if encrypted { self.encrypted(endpoint)? } else { endpoint };
        Ok(endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(CONNECT_TIMEOUT))
    }

    #[cfg(feature = "_tls")]
    fn wants_tls(&self) -> bool {
        self.tls.is_some()
    }

    #[cfg(not(feature = "_tls"))]
    fn wants_tls(&self) -> bool {
        false
    }

    #[cfg(feature = "_tls")]
    fn encrypted(&self, endpoint: Endpoint) -> Result<Endpoint, BuildError> {
        let usual = || tonic::transport::ClientTlsConfig::new().with_native_roots();
        let config = self.tls.clone().unwrap_or_else(usual);
        endpoint.tls_config(config).map_err(|e| BuildError(format!("TLS cannot be set: {e}")))
    }

    #[cfg(not(feature = "_tls"))]
    fn encrypted(&self, _: Endpoint) -> Result<Endpoint, BuildError> {
        Err(BuildError("https:// needs the feature tls-ring or tls-aws-lc".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_runtime_there_is_an_error() {
        let error = Client::new("127.0.0.1:9090").expect_err("there is no runtime");
        assert!(error.to_string().contains("runtime"));
    }

    #[tokio::test]
    async fn targets_are_checked() {
        for (target, credentials, allowed) in [
            ("127.0.0.1:9090", true, true),
            ("http://[::1]:9090", true, true),
            ("localhost:9090", true, true),
            ("unix:///tmp/socket", true, true),
            ("gateway:9090", false, true),
            ("gateway:9090", true, false),
            ("http://10.0.0.1:9090", true, false),
            ("ftp://gateway:9090", false, false),
            ("", false, false),
            ("a b", false, false),
            ("https://gateway:9090", true, cfg!(feature = "_tls")),
        ] {
            let mut builder = Client::builder(target);
            if credentials {
                builder = builder.credentials(Credentials::gateway_key("pgw_secret"));
            }
            assert!(!format!("{builder:?}").contains("secret"));
            assert_eq!(builder.build().is_ok(), allowed, "{target}, credentials: {credentials}");
        }
        let mesh =
            Client::builder("gateway:9090").credentials(Credentials::gateway_key("pgw_secret"));
        assert!(mesh.allow_plaintext().build().is_ok());
        assert!(Client::builder("gateway:9090").attempt_timeout(Duration::ZERO).build().is_err());
    }
}
