//! All routes, and the layers around them.

use super::routes::Routes;
use super::{
    badge, cctray, comparison, environments, events, explanation, gates, git, graph, health, idempotency, inbound, inbox, job_runs, jobs,
    lineage, logs, metrics, modules, monitor, page, pipelines, resources, revisions, runner_protocol, runners, runs, schema, tasks,
    test_results, workspaces,
};
use crate::app::App;
use crate::audit::Origin;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use http_body_util::BodyExt;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

/// The largest body of a request, where a route sets no other limit: a batch of a runner's reports, as JSON.
const LARGEST_BODY: usize = 8 << 20;

#[cfg(test)]
#[derive(utoipa::OpenApi)]
#[openapi(info(title = "Andon", description = "The API of the Andon server."))]
struct Description;

/// The API's routes.
fn api() -> Routes {
    let unlimited = Routes::new().merge(resources::routes()).merge(runner_protocol::routes()).merge(inbound::routes());
    Routes::new()
        .merge(super::people_routes())
        .merge(workspaces::routes())
        .merge(pipelines::routes())
        .merge(graph::routes())
        .merge(revisions::routes())
        .merge(schema::routes())
        .merge(modules::routes())
        .merge(jobs::routes())
        .merge(explanation::routes())
        .merge(lineage::routes())
        .merge(runs::routes())
        .merge(job_runs::routes())
        .merge(comparison::routes())
        .merge(test_results::routes())
        .merge(logs::routes())
        .merge(gates::routes())
        .merge(monitor::routes())
        .merge(tasks::routes())
        .merge(inbox::routes())
        .merge(environments::routes())
        .merge(runners::routes())
        .merge(events::routes())
        .merge(health::routes())
        .merge(badge::routes())
        .merge(cctray::routes())
        .merge(metrics::routes())
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .merge(unlimited.layer(DefaultBodyLimit::disable()))
}

/// The OpenAPI description of the API as it is served: a test keeps the file up to date.
const DESCRIPTION: &str = include_str!("../../openapi.json");

/// The same, made from the routes.
#[cfg(test)]
pub fn describe_api() -> String {
    use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
    let mut description = api().describe(<Description as utoipa::OpenApi>::openapi());
    let components = description.components.get_or_insert_default();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.add_security_scheme("bearer", bearer);
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("andon_session"))));
    let mut text = serde_json::to_string_pretty(&description).unwrap_or_default();
    text.push('\n');
    text
}

/// Everything that the server answers.
pub fn router(app: App) -> Router {
    api()
        .into_router()
        .route("/api/v1/openapi.json", get(async |_: crate::accounts::Caller| ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION)))
        .merge(git::routes())
        .fallback(page::page)
        .layer(from_fn_with_state(app.clone(), idempotency::keep_answers))
        .layer(from_fn(secure))
        .layer(CatchPanicLayer::custom(|_| axum::response::IntoResponse::into_response(super::Error::internal("a handler panicked"))))
        .layer(from_fn_with_state(app.clone(), identify))
        .with_state(app)
}

/// What keeps a browser from doing anything that the page does not ask for.
async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Gives every request an id, which stands in the log, in the answer's header, in the body of an error, and with what it did in the audit trail.
async fn identify(axum::extract::State(app): axum::extract::State<App>, request: Request, next: Next) -> Response {
    let id = app.random.uuid().simple().to_string();
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let origin = Origin::of_request(super::peer_address(request.extensions()), agent, &id);
    let mut response = origin.cover(next.run(request).instrument(span)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    if is_problem { name_problem(response, &id).await } else { response }
}

async fn name_problem(response: Response, id: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let Ok(mut problem) = serde_json::from_slice::<super::Problem>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    problem.request_id = Some(id.to_owned());
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(serde_json::to_vec(&problem).unwrap_or_default()))
}
