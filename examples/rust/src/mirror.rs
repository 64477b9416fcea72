//! The registered models by name, kept up to date by a watch.

use std::collections::BTreeMap;
use std::time::Duration;

use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::registry::{Model, WatchEvent, WatchModelsRequest, WatchModelsResponse};

const FIRST_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(10);

#[derive(Default)]
pub struct Mirror {
    models: BTreeMap<String, Model>,
    resume_token: String,
    synced: bool,
}

impl Mirror {
    /// Follows the models for as long as it is polled. What is known stays while the service is away; afterwards the
    /// watch goes on where it was, by its token. `on_change` gets all models, first when all are known, then after each
    /// change. Returns when the service refuses the watch for good.
    pub async fn follow(&mut self, channel: Channel, mut on_change: impl FnMut(&BTreeMap<String, Model>)) -> Status {
        let mut delay = FIRST_DELAY;
        loop {
            match self.watch(channel.clone(), &mut delay, &mut on_change).await {
                Err(status) if !is_passing(&status) => return status,
                _ => {}
            }
            tokio::time::sleep(delay).await;
            delay = MAX_DELAY.min(delay * 2);
        }
    }

    async fn watch(
        &mut self,
        channel: Channel,
        delay: &mut Duration,
        on_change: &mut impl FnMut(&BTreeMap<String, Model>),
    ) -> Result<(), Status> {
        self.synced = false;
        if self.resume_token.is_empty() {
            // Without a token all current models are sent, but not which are gone.
            self.models.clear();
        }
        // No deadline: a watch lasts. A restart of the service ends it with UNAVAILABLE.
        let request = WatchModelsRequest { resume_token: self.resume_token.clone(), ..Default::default() };
        let mut events = crate::channel::registry(channel).watch_models(request).await?.into_inner();
        while let Some(event) = events.message().await? {
            *delay = FIRST_DELAY;
            self.apply(event);
            if self.synced {
                on_change(&self.models);
            }
        }
        Ok(())
    }

    fn apply(&mut self, message: WatchModelsResponse) {
        let event = message.event();
        if !message.resume_token.is_empty() {
            self.resume_token = message.resume_token;
        }
        let model = message.model.unwrap_or_default();
        match event {
            WatchEvent::Added | WatchEvent::Changed => {
                self.models.insert(model.name.clone(), model);
            }
            WatchEvent::Removed => {
                self.models.remove(&model.name);
            }
            WatchEvent::Reset => {
                self.models.clear();
                self.synced = false;
            }
            WatchEvent::Synced => self.synced = true,
            // An event of a newer service.
            WatchEvent::Unspecified => {}
        }
    }
}

/// A connection that breaks in the middle of a watch is UNKNOWN or INTERNAL to tonic, where other clients of gRPC say
/// UNAVAILABLE.
fn is_passing(status: &Status) -> bool {
    let broke = std::error::Error::source(status).is_some();
    status.code() == Code::Unavailable || (broke && matches!(status.code(), Code::Unknown | Code::Internal))
}
