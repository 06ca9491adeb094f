//! Deliveries as the forges send them.

mod bitbucket;
mod gitea;
mod github;
mod gitlab;
mod signed;
