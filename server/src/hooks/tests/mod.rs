//! Deliveries as the forges send them.

mod bitbucket;
mod github;
mod gitea;
mod gitlab;
mod signed;
