//! The program: `serve` and the commands of `auth::commands`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    auth::commands::run(app::router).await
}
