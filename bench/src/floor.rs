//! What no server of this kind can be faster than: an axum handler that does nothing, and the bare hash.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use argon2::{Algorithm, Argon2, Params, Version};
use axum::Router;
use axum::routing::get;
use serde_json::Value;
use tokio::net::TcpListener;

/// Prints its address, and answers until it is stopped.
pub(crate) async fn serve(body: &Path) -> Result<()> {
    let body = std::fs::read(body).with_context(|| format!("cannot read {}", body.display()))?;
    let body: Value = serde_json::from_slice(&body)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    let app = Router::new().fallback(get(move || std::future::ready(axum::Json(body.clone()))));
    Ok(axum::serve(listener, app).await?)
}

/// Hashes a second on `threads` threads, at the cost of a new project: argon2id, 19 MiB, two passes.
pub(crate) fn hashes_per_second(threads: usize, duration: Duration) -> Result<f64> {
    let params = Params::new(19_456, 2, 1, None).map_err(|error| anyhow::anyhow!("{error}"))?;
    let began = Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
            std::thread::spawn(move || {
                let mut count = 0_u32;
                let mut memory = vec![argon2::Block::default(); argon2.params().block_count()];
                while began.elapsed() < duration {
                    let mut hash = [0; 32];
                    if argon2
                        .hash_password_into_with_memory(b"correct-Horse", b"some salt of it", &mut hash, &mut memory)
                        .is_ok()
                    {
                        count += 1;
                    }
                }
                count
            })
        })
        .collect();
    let count: u32 = workers.into_iter().map(|worker| worker.join().unwrap_or_default()).sum();
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}
