use std::time::Duration;

use time::OffsetDateTime;

/// Formats a duration in the largest unit that divides it: "30 minutes", "1 hour", "3 days".
#[must_use]
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length && seconds.is_multiple_of(*length));
    let (length, name) = unit.unwrap_or((1, "second"));
    let count = seconds / length;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

/// Formats a time in UTC: "1 January 2027, 12:00 UTC".
#[must_use]
pub fn time(time: OffsetDateTime) -> String {
    let (day, month, year) = (time.day(), time.month(), time.year());
    format!("{day} {month} {year}, {:02}:{:02} UTC", time.hour(), time.minute())
}

/// Formats a time in UTC for tables: "2027-01-15 08:00".
#[must_use]
pub fn timestamp(time: OffsetDateTime) -> String {
    format!("{} {:02}:{:02}", time.date(), time.hour(), time.minute())
}

/// Turns the name of a kind into words: `sign_in_failed` becomes "Sign in failed".
#[must_use]
pub fn of_name(name: &str) -> String {
    let words = name.replace(['_', '-'], " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_the_largest_unit_that_fits() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (90, "90 seconds"),
            (1_800, "30 minutes"),
            (3_600, "1 hour"),
            (5_400, "90 minutes"),
            (259_200, "3 days"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn a_name_is_told_in_words() {
        for (name, words) in [("sign_in_failed", "Sign in failed"), ("end-access", "End access"), ("", "")] {
            assert_eq!(of_name(name), words);
        }
    }

    #[test]
    fn a_time_is_told_to_the_minute() {
        assert_eq!(timestamp(OffsetDateTime::UNIX_EPOCH + Duration::from_mins(65)), "1970-01-01 01:05");
        assert_eq!(time(OffsetDateTime::UNIX_EPOCH + Duration::from_mins(65)), "1 January 1970, 01:05 UTC");
    }
}
