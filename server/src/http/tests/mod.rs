//! The routes about people, over both engines.

mod access;
mod channels;
mod keys;
mod links;
mod people;
mod secrets;
mod sessions;
