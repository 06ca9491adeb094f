//! The connections that only read a SQLite file: a few, opened when they are needed, kept for the next.

use super::sqlite::{PATIENCE, SqliteConnection};
use crate::store::{Result, StoreError};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// As many read at once.
const MOST: usize = 8;

#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    places: Arc<Semaphore>,
}

/// A connection that goes back when dropped.
#[derive(Debug)]
pub(super) struct Lent {
    /// `None` once it is on its way back.
    connection: Option<SqliteConnection>,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    _place: OwnedSemaphorePermit,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Arc::default(), places: Arc::new(Semaphore::new(MOST)) }
    }

    pub(super) async fn lend(&self) -> Result<Lent> {
        let unavailable = |why: &str| StoreError::Unavailable(why.to_owned());
        let place = tokio::time::timeout(2 * PATIENCE, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| unavailable("everybody reads at once"))?.map_err(|_| unavailable("the database is closed"))?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => SqliteConnection::open(&self.path, true)?,
        };
        Ok(Lent { connection: Some(connection), idle: Arc::clone(&self.idle), _place: place })
    }

    /// Waits for what is lent, and closes every connection.
    pub(super) async fn close(&self) {
        let everything = u32::try_from(MOST).unwrap_or(u32::MAX);
        if let Ok(places) = self.places.acquire_many(everything).await {
            self.places.close();
            drop(places);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Lent {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("it is lent until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(self.connection.take());
    }
}
