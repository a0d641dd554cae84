//! The program. Differs from the built-in project: it only serves.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    auth::commands::serve(app::router).await
}
