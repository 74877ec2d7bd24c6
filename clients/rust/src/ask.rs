//! Asking again: the time of a call, and what its attempts have left open.

use std::time::Duration;

use tokio::time::Instant;
use tonic::Status;

use crate::{
    call::Options,
    error::Failure,
    generated::rules,
    status::{self, Sent},
};

const FIRST_WAIT: Duration = Duration::from_millis(rules::FIRST_WAIT_MS);
const LONGEST_WAIT: Duration = Duration::from_millis(rules::LONGEST_WAIT_MS);
const LEAST_LEFT: Duration = Duration::from_millis(rules::LEAST_LEFT_MS);
/// Stands for no end at all: further away overflows on some systems.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// One call.
pub(crate) struct Asking {
    sent: Sent,
    deadline: Option<Instant>,
    give_up: Option<Instant>,
    ask_again_for: Duration,
    attempt_timeout: Duration,
    attempt: u32,
    unknown: bool,
}

impl Asking {
    pub(crate) fn new(options: &Options, sent: Sent, deadline: Option<Instant>) -> Self {
        Self {
            sent,
            deadline,
            give_up: None,
            ask_again_for: options.ask_again_for.min(NEVER),
            attempt_timeout: options.attempt_timeout.min(NEVER),
            attempt: 0,
            unknown: false,
        }
    }

    /// When the attempt that begins now has to end.
    pub(crate) fn end(&self) -> Instant {
        let longest = Instant::now() + self.attempt_timeout;
        [self.deadline, self.give_up].into_iter().flatten().fold(longest, Instant::min)
    }

    /// What a failed attempt comes to: the failure, and how long to wait before the next
    /// attempt; none: there is none.
    pub(crate) fn failed(&mut self, status: &Status) -> (Failure, Option<Duration>) {
        let mut failure = status::read(status, &self.sent);
        let again = failure.asks_again();
        if matches!(self.sent, Sent::Mutation { .. }) && !failure.tells_outcome() {
            self.unknown |= failure.outcome_unknown;
            if self.unknown {
                failure.stays_unknown();
            }
        }
        let wait = if again { self.wait(failure.retry_after) } else { None };
        self.attempt += 1;
        (failure, wait)
    }

    fn wait(&mut self, retry_after: Option<Duration>) -> Option<Duration> {
        if self.ask_again_for.is_zero() {
            return None;
        }
        let now = Instant::now();
        let give_up = *self.give_up.get_or_insert(now + self.ask_again_for);
        let wait = match retry_after {
            Some(wait) => wait + wait.mul_f64(0.1 * random()),
            None => {
                let most = FIRST_WAIT.saturating_mul(1 << self.attempt.min(10)).min(LONGEST_WAIT);
                most.mul_f64(random())
            }
        };
        let end = self.deadline.map_or(give_up, |deadline| deadline.min(give_up));
        (now + wait + LEAST_LEFT <= end).then_some(wait)
    }
}

/// Between 0 and 1.
fn random() -> f64 {
    // Without random numbers everybody would wait as long, which is no harm to the call.
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

/// The time in a `grpc-timeout`; none if it is not one.
pub(crate) fn timeout_of(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

/// A `grpc-timeout` of at most 8 digits.
pub(crate) fn timeout_text(timeout: Duration) -> String {
    const MOST: u128 = 99_999_999;
    let (micros, millis, seconds) =
        (timeout.as_micros(), timeout.as_millis(), u128::from(timeout.as_secs()));
    match () {
        () if micros <= MOST => format!("{}u", micros.max(1)),
        () if millis <= MOST => format!("{millis}m"),
        () => format!("{}S", seconds.min(MOST)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_and_written() {
        for (text, want) in [
            ("2000m", Some(Duration::from_secs(2))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("1u", Some(Duration::from_micros(1))),
            ("100000000m", None),
            ("m", None),
            ("", None),
            ("-1S", None),
            ("1x", None),
            ("1é", None),
        ] {
            assert_eq!(timeout_of(text), want, "{text}");
        }
        for timeout in [0, 1, 75_000, 99_999, 100_000, 100_000_000, u64::MAX / 1_000_000] {
            let timeout = Duration::from_millis(timeout);
            let text = timeout_text(timeout);
            let read = timeout_of(&text).expect(&text);
            assert!(read <= timeout.max(Duration::from_micros(1)), "{text}");
            let most = Duration::from_secs(99_999_999);
            assert!(read + Duration::from_secs(1) > timeout.min(most), "{text}");
        }
    }

    fn options() -> Options {
        Options::default()
    }

    fn mutation() -> Sent {
        Sent::Mutation { key: "key-of-the-test-1".into() }
    }

    #[tokio::test]
    async fn an_outcome_once_unknown_stays_unknown() {
        let mut asking = Asking::new(&options(), mutation(), None);
        let (first, wait) = asking.failed(&Status::unavailable("broken"));
        assert!(first.outcome_unknown && wait.is_some());
        let (second, wait) = asking.failed(&Status::permission_denied("mesh"));
        assert!(second.outcome_unknown && wait.is_none());
        assert_eq!(second.idempotency_key, "key-of-the-test-1");
        let (alone, _) =
            Asking::new(&options(), mutation(), None).failed(&Status::permission_denied("mesh"));
        assert!(!alone.outcome_unknown);
    }

    #[tokio::test]
    async fn waits_fit_into_the_time() {
        let soon = Instant::now() + Duration::from_millis(100);
        let mut asking = Asking::new(&options(), mutation(), Some(soon));
        assert_eq!(asking.failed(&Status::unavailable("broken")).1, None);
        assert!(asking.end() <= soon);
        let never = Options { ask_again_for: Duration::ZERO, ..options() };
        assert_eq!(Asking::new(&never, mutation(), None).failed(&Status::unavailable("")).1, None);
        let forever = Options { ask_again_for: Duration::MAX, attempt_timeout: Duration::MAX };
        let mut asking = Asking::new(&forever, mutation(), None);
        for _ in 0..100 {
            let wait = asking.failed(&Status::unavailable("broken")).1.expect("time is left");
            assert!(wait <= LONGEST_WAIT);
        }
    }
}
