//! Calls PortOne through portone-gateway, so that nobody is charged twice.
//!
//! [`Client`] has a stub for each of the services. What it does by itself: every mutation
//! gets an idempotency key before its first attempt and keeps it; while the outcome is
//! unknown, the call is made again with that key; and a call that failed is an [`Error`]
//! that says what to do. [`v2`] has all messages and enums.
//!
//! ```no_run
//! use portone_gateway::{Client, Error, v2};
//!
//! async fn refund(client: &Client, payment_id: &str) -> Result<(), Error> {
//!     let request = v2::CancelPaymentRequest {
//!         payment_id: payment_id.into(),
//!         reason: Some("returned".into()),
//!         ..Default::default()
//!     };
//!     client.payment().cancel_payment(request).await?;
//!     Ok(())
//! }
//! ```
//!
//! A future that is dropped is a call that was cancelled: PortOne may have carried it out.
//! Give the calls that you may drop keys of your own, by [`with_key`].

mod ask;
mod call;
mod client;
mod credentials;
mod error;
mod exchange;
#[rustfmt::skip]
mod generated;
mod key;
mod list;
mod payment;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod status;
#[cfg(feature = "webhook")]
pub mod webhook;

pub use call::{AskAgain, Channel, Options};
pub use client::{BuildError, Builder, Client, MAX_ANSWER};
pub use credentials::Credentials;
pub use error::{Error, Failure, Retry};
/// What the contract takes from google.
pub use generated::google;
/// What the gateway itself offers, such as the meaning of a PG's code.
pub use generated::portone::gateway;
/// Every message, enum and stub of PortOne's API V2.
pub use generated::portone::v2;
pub use key::{new_key, with_key};
pub use list::{List, ListRequest};
pub use tonic;
