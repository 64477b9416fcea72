//! Tries calls again that fail with UNAVAILABLE: tonic reads no service config, so this is its `retryPolicy`.

use std::future::Future;
use std::time::Duration;

use tonic::{Code, Status};

use crate::failure::Failure;

/// How often a call is made at most.
pub const MAX_ATTEMPTS: u32 = 4;

/// Makes a call until it succeeds or fails with something else than UNAVAILABLE, at most [`MAX_ATTEMPTS`] times. Waits
/// in between as long as the service says, or twice as long each time.
pub async fn retry<T, F: Future<Output = Result<T, Status>>>(mut call: impl FnMut() -> F) -> Result<T, Status> {
    let mut delay = Duration::from_millis(100);
    for attempt in 1.. {
        match call().await {
            Err(status) if status.code() == Code::Unavailable && attempt < MAX_ATTEMPTS => {
                tokio::time::sleep(Failure::of(&status).retry_delay.unwrap_or(delay)).await;
                delay *= 2;
            }
            outcome => return outcome,
        }
    }
    unreachable!("the last attempt returns")
}
