//! An error of the service with its details.

use std::fmt;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{FieldViolation, StatusExt};

pub struct Failure {
    /// For programs.
    pub code: Code,
    /// For people.
    pub message: String,
    /// A reason of `ErrorReason`, without its prefix; empty where the error is not one of the service.
    pub reason: String,
    /// What is wrong with the request, by field: `instances[3].iops`.
    pub violations: Vec<FieldViolation>,
    /// How long to wait before the next try; none where there is no point in one.
    pub retry_delay: Option<Duration>,
}

impl Failure {
    /// Takes an error apart.
    pub fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        Self {
            code: status.code(),
            message: status.message().into(),
            reason: details.error_info().map(|info| info.reason.clone()).unwrap_or_default(),
            violations: details.bad_request().map(|request| request.field_violations.clone()).unwrap_or_default(),
            retry_delay: details.retry_info().and_then(|retry| retry.retry_delay),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = if self.reason.is_empty() { "no reason" } else { &self.reason };
        write!(f, "{:?}: {} ({reason})", self.code, self.message)?;
        for FieldViolation { field, description, .. } in &self.violations {
            write!(f, "\n  {field}: {description}")?;
        }
        Ok(())
    }
}
