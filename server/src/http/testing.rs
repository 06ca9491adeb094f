//! The routes about people over a real store, for the tests of this room.

use crate::app::App;
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::line::workspaces::{self, Workspace};
use crate::store::testing::TestStore;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;

pub const PASSWORD: &str = "correct horse battery";

/// A server without a network.
#[derive(Debug)]
pub struct World {
    pub app: App,
    pub router: axum::Router,
    pub store: TestStore,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A problem as text, without the identifier that each request has for itself.
    pub fn problem(&self) -> String {
        let mut problem = self.json();
        problem.as_object_mut().and_then(|problem| problem.remove("request_id")).expect("a problem names its request");
        problem.to_string()
    }

    /// The cookies that it sets, as a browser sends them back, and the value of `andon_csrf`.
    pub fn cookies(&self) -> (String, String) {
        let pairs: Vec<&str> =
            self.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap().split(';').next().unwrap()).collect();
        let csrf = pairs.iter().find_map(|pair| pair.strip_prefix("andon_csrf=")).unwrap_or_default();
        (pairs.join("; "), csrf.to_owned())
    }
}

/// A request without a body or with JSON.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

/// `path` in the workspace `main`, `/path` in the API, `//path` anywhere.
pub fn call(method: &str, path: &str) -> Call {
    let path = path.strip_prefix('/').map_or_else(
        || format!("/api/v1/workspaces/main/{path}"),
        |path| match path.strip_prefix('/') {
            Some(bare) => format!("/{bare}"),
            None => format!("/api/v1/{path}"),
        },
    );
    Call { method: method.parse().unwrap(), path, headers: Vec::new(), body: None }
}

impl Call {
    /// Method and path.
    pub fn shown(&self) -> (String, String) {
        (self.method.to_string(), self.path.clone())
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn json(self, body: Value) -> Self {
        self.text(&body.to_string()).header("content-type", "application/json")
    }

    /// A body as it is.
    pub fn text(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }
}

impl World {
    pub async fn new(store: TestStore) -> Self {
        Self::with_mail(store, None).await
    }

    pub async fn with_mail(store: TestStore, smtp: Option<&str>) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(store.clock.clone());
        let mut tx = store.db.begin("andon").await.unwrap();
        workspaces::ensure(&mut tx, "main").await.unwrap();
        workspaces::ensure(&mut tx, "other").await.unwrap();
        tx.commit().await.unwrap();
        let mut settings = Settings::with_data(store.folder.path().to_owned());
        settings.smtp = smtp.map(str::to_owned);
        settings.allow_private_addresses = true;
        let app = App::join(settings, store.db.clone(), clock, store.random.clone()).unwrap();
        let router = super::router(app.clone());
        Self { app, router, store }
    }

    pub async fn send(&self, call: Call) -> Answer {
        let mut request = Request::builder().method(call.method).uri(call.path);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let body = call.body.map_or_else(Body::empty, Body::from);
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// Sends, and expects this status.
    pub async fn expect(&self, status: u16, call: Call) -> Answer {
        let shown = format!("{} {}", call.method, call.path);
        let answer = self.send(call).await;
        assert_eq!(answer.status, status, "{shown}: {}", answer.text);
        answer
    }

    pub async fn workspace(&self, name: &str) -> Workspace {
        workspaces::find_by_name(&mut self.app.db.read().await.unwrap().connection(), name).await.unwrap().unwrap()
    }

    /// The path of the link for the first administrator.
    pub async fn first_link(&self) -> String {
        let link = super::session::first_signin_link(&self.app).await.unwrap().expect("there is no account yet");
        format!("/signin-links/{}", link.rsplit('/').next().unwrap())
    }

    /// Makes `root`, the first administrator; answers a token of the installation that may do everything.
    pub async fn administrator(&self) -> String {
        let link = self.first_link().await;
        let body = serde_json::json!({"name": "root", "password": PASSWORD});
        let (cookies, csrf) = self.expect(200, call("POST", &link).json(body)).await.cookies();
        let body = serde_json::json!({"name": "all"});
        let made = call("POST", "/me/tokens").header("cookie", &cookies).header("x-andon-csrf", &csrf).json(body);
        self.expect(201, made).await.json()["secret"].as_str().unwrap().to_owned()
    }

    /// Makes an account with a password and a role in `main`; answers its session's cookies and the token against forgery.
    pub async fn person(&self, administrator: &str, name: &str, role: &str) -> (String, String) {
        let made = call("POST", "/users").token(administrator).json(serde_json::json!({"name": name}));
        let link = self.expect(201, made).await.json()["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let body = serde_json::json!({"password": PASSWORD});
        let cookies = self.expect(200, call("POST", &format!("/signin-links/{link}")).json(body)).await.cookies();
        let set = call("PUT", &format!("members/{name}")).token(administrator).json(serde_json::json!({"role": role}));
        self.expect(204, set).await;
        cookies
    }
}
