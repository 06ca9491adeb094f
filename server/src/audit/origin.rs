//! Where a request comes from, known to everything that is done for it.

use andon_pipelines::ids::UserId;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

/// The longest user agent that is kept, in characters.
const LONGEST_AGENT: usize = 200;

tokio::task_local! {
    static CURRENT: Arc<Origin>;
}

/// Where an act comes from.
#[derive(Debug, Default)]
pub struct Origin {
    pub address: Option<IpAddr>,
    /// What the client says it is.
    pub agent: Option<String>,
    /// The request's identifier, as in the log and in the answer's header.
    pub request: Option<String>,
    /// Whatever is done counts as somebody's act, also in the server's own name: somebody works on the server's machine.
    console: bool,
    person: OnceLock<UserId>,
}

impl Origin {
    /// A request over the network.
    #[must_use]
    pub fn of_request(address: Option<IpAddr>, agent: Option<&str>, request: &str) -> Self {
        let agent = agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect());
        Self { address, agent, request: Some(request.to_owned()), ..Self::default() }
    }

    /// A command on the server's own machine, which opens the database.
    #[must_use]
    pub fn of_console(command: &str) -> Self {
        Self { agent: Some(command.to_owned()), console: true, ..Self::default() }
    }

    /// The origin of what is being done now; `None` for what the server does by itself.
    #[must_use]
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Everything within `work` comes from here.
    pub async fn cover<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(Arc::new(self), work).await
    }

    /// Work that comes from where the caller's does, also when it goes on in a task of its own.
    pub fn follow<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        let current = Self::current();
        async move {
            match current {
                Some(origin) => CURRENT.scope(origin, work).await,
                None => work.await,
            }
        }
    }

    /// Notes which person asks, once that is known.
    pub fn note_person(user: UserId) {
        // Layers and handlers of one request find out the same person.
        let _ = CURRENT.try_with(|origin| origin.person.set(user));
    }

    /// The person who asks, if they are known.
    #[must_use]
    pub fn person(&self) -> Option<UserId> {
        self.person.get().copied()
    }

    /// Whether what `actor` does counts as somebody's act. Runners report, and the server tidies up, within requests too.
    #[must_use]
    pub fn counts(&self, actor: &str) -> bool {
        self.console || ["user:", "token:", "push:"].iter().any(|kind| actor.starts_with(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_in_a_task_of_its_own_comes_from_the_same_request() {
        assert!(Origin::current().is_none());
        let origin = Origin::of_request(None, Some(&"x".repeat(1_000)), "r1");
        let (here, there) = origin
            .cover(async {
                let person = UserId::from_number(1);
                Origin::note_person(person);
                let there = tokio::spawn(Origin::follow(async { Origin::current().and_then(|origin| origin.person()) })).await;
                (Origin::current(), there.expect("it ran"))
            })
            .await;
        let here = here.expect("there is one");
        assert_eq!((here.request.as_deref(), here.agent.as_ref().map(String::len)), (Some("r1"), Some(200)));
        assert_eq!(there, Some(UserId::from_number(1)));
        assert_eq!(tokio::spawn(Origin::follow(async { Origin::current().is_none() })).await.ok(), Some(true));
    }

    #[test]
    fn runners_and_the_server_itself_do_not_count_except_at_the_console() {
        let request = Origin::of_request(None, None, "r1");
        assert!(request.counts("user:ada") && request.counts("token:ci") && request.counts("push:ada"));
        assert!(!request.counts("andon") && !request.counts("runner:one"));
        assert!(Origin::of_console("andon token create").counts("andon"));
    }
}
