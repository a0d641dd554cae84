//! The program.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    auth::commands::serve(app::router).await
}
