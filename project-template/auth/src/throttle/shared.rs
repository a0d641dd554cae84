use std::time::Duration;

use super::Rate;
use crate::redis::Redis;

/// A counter is kept this much longer than needed.
const SLACK: Duration = Duration::from_mins(1);

/// GCRA, as in `limit_store`: counts the request and returns 0, or returns the microseconds to wait. Numbers are exact
/// up to 2^53, which Unix microseconds reach in the year 2255. A due time later than that of a full bucket was stored
/// by a fast clock.
const COUNT: &str = "
local now, step, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = tonumber(redis.call('get', KEYS[1]) or '0')
if due > now + tolerance + step then
  due = now + tolerance + step
  redis.call('set', KEYS[1], string.format('%.0f', due), 'px', ARGV[4])
end
if due > now + tolerance then return due - now - tolerance end
if due < now then due = now end
redis.call('set', KEYS[1], string.format('%.0f', due + step), 'px', ARGV[4])
return 0";

/// None if Redis does not answer.
pub(super) async fn count(redis: &Redis, subject: &[u8], rate: Rate, now: i64) -> Option<i64> {
    let kept = i64::try_from(SLACK.as_millis()).unwrap_or_default() + rate.period() / 1_000;
    let mut command = ::redis::cmd("EVAL");
    command.arg(COUNT).arg(1).arg(redis.key("limit", subject));
    command.arg(now).arg(rate.step()).arg(rate.tolerance()).arg(kept);
    redis.ask(&command).await
}
