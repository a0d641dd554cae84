//! Rows in Redis, each a text under a key of its own: no step needs two, so a cluster serves as well.

use std::time::Duration;

use time::OffsetDateTime;

use super::{Error, Result, Text, Written};
use crate::redis::Redis;

/// Keeps the new text if the row is what it was; else gives what it is.
const REPLACE: &str = "
local is = redis.call('get', KEYS[1]) or ''
if is ~= ARGV[1] then return is end
if ARGV[3] == '' then
  redis.call('set', KEYS[1], ARGV[2], 'keepttl')
else
  redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3])
end
return false";

pub(super) async fn get(redis: &Redis, kind: &str, name: &[u8]) -> Result<Option<String>> {
    let mut command = ::redis::cmd("GET");
    command.arg(redis.key(kind, name));
    redis.ask(&command).await.ok_or(Error::Silent)
}

/// Whoever is slower than another reads the row again; of all who try at once, one is the fastest each time.
pub(super) async fn update<T>(
    redis: &Redis,
    kind: &str,
    name: &[u8],
    now: OffsetDateTime,
    apply: impl Fn(Option<&str>) -> Result<(Written, T)>,
) -> Result<T> {
    let mut text = get(redis, kind, name).await?.unwrap_or_default();
    loop {
        let (next, given) = apply(Some(text.as_str()).filter(|text| !text.is_empty()))?;
        let Some(Text { json: next, until, .. }) = next else { return Ok(given) };
        let mut command = ::redis::cmd("EVAL");
        command.arg(REPLACE).arg(1).arg(redis.key(kind, name));
        command.arg(&text).arg(next).arg(until.map_or_else(String::new, |until| kept(now, until)));
        let other: Option<String> = redis.ask(&command).await.ok_or(Error::Silent)?;
        match other {
            None => return Ok(given),
            Some(other) => text = other,
        }
    }
}

/// In milliseconds, how long a row is kept that ends at a time; at least a moment.
fn kept(now: OffsetDateTime, until: OffsetDateTime) -> String {
    Duration::try_from(until - now).unwrap_or_default().max(Duration::from_secs(1)).as_millis().to_string()
}
