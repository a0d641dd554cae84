use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::Auth;

pub(crate) type Api = OpenApiRouter<Auth>;

/// Also at the same path without its last slash: a redirect would lose the body of a POST.
pub(crate) fn at(api: Api, (schemas, paths, methods): UtoipaMethodRouter<Auth>) -> Api {
    let twins: Vec<String> = paths.paths.keys().map(|path| path.trim_end_matches('/').to_owned()).collect();
    let api = twins.iter().fold(api, |api, twin| api.route(twin, methods.clone()));
    api.routes((schemas, paths, methods))
}
