//! Routes as their handlers declare them. Their OpenAPI description is made only where it is compared with the file that is served: making it
//! was a third of a server's start, and what it left behind some of its memory.

use crate::app::App;
use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, Route as Handler};
use std::convert::Infallible;
use std::fmt;
use tower::{Layer, Service};
#[cfg(test)]
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// One path: what answers its methods.
pub struct Route {
    pub path: String,
    pub methods: MethodRouter<App>,
    #[cfg(test)]
    pub described: UtoipaMethodRouter<App>,
}

impl fmt::Debug for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Route").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What `#[utoipa::path]` says of a handler.
macro_rules! declared {
    ($handler:ident) => {
        utoipa_axum::paste! { [<__path_ $handler>] }
    };
    ($module:ident :: $handler:ident) => {
        utoipa_axum::paste! { $module::[<__path_ $handler>] }
    };
}
pub(super) use declared;

/// The route of these handlers, which have one path and a method each.
macro_rules! routes {
    ($($name:ident $(:: $handler:ident)?),+) => {{
        use utoipa::Path;
        use utoipa_axum::PathItemExt;
        use $crate::http::routes::declared;
        let mut methods = axum::routing::MethodRouter::new();
        $(
            for method in <declared!($name $(:: $handler)?)>::methods() {
                methods = methods.on(method.to_method_filter(), $name $(:: $handler)?);
            }
        )+
        let paths = [$(<declared!($name $(:: $handler)?)>::path()),+];
        $crate::http::routes::Route {
            path: paths.into_iter().next().unwrap_or_default(),
            methods,
            #[cfg(test)]
            described: utoipa_axum::routes!($($name $(:: $handler)?),+),
        }
    }};
}
pub(super) use routes;

/// Many of them.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    #[cfg(test)]
    described: OpenApiRouter<App>,
}

impl fmt::Debug for Routes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Routes").finish_non_exhaustive()
    }
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn routes(self, route: Route) -> Self {
        Self {
            router: self.router.route(&route.path, route.methods),
            #[cfg(test)]
            described: self.described.routes(route.described),
        }
    }

    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            router: self.router.merge(other.router),
            #[cfg(test)]
            described: self.described.merge(other.described),
        }
    }

    /// Lays something around every route that is there now.
    #[must_use]
    pub fn layer<L>(self, layer: L) -> Self
    where
        L: Layer<Handler> + Clone + Send + Sync + 'static,
        L::Service: Service<Request, Response: IntoResponse, Error: Into<Infallible>, Future: Send> + Clone + Send + Sync + 'static,
    {
        Self {
            router: self.router.layer(layer),
            #[cfg(test)]
            described: self.described,
        }
    }

    pub fn into_router(self) -> Router<App> {
        self.router
    }

    /// The description of all of them, added to this one.
    #[cfg(test)]
    pub fn describe(self, description: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
        OpenApiRouter::with_openapi(description).merge(self.described).into_openapi()
    }
}
