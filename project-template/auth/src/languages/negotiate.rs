//! Which language a request gets (RFC 9110, section 12.5.4): the offered one that is nearest to the range with the highest
//! weight, by lookup (RFC 4647, section 3.4) with the regional rules of [`nearest`].

use axum::http::{HeaderMap, header};

use super::{Language, Languages};

/// A longer header, or one with more ranges, is taken for none at all.
const BYTES_LIMIT: usize = 1_000;
const RANGES_LIMIT: usize = 50;

pub(super) fn chosen(languages: &Languages, headers: &HeaderMap) -> Language {
    wanted(languages, headers).unwrap_or(languages.default)
}

fn wanted(languages: &Languages, headers: &HeaderMap) -> Option<Language> {
    let values: Vec<&str> =
        headers.get_all(header::ACCEPT_LANGUAGE).iter().map(|value| value.to_str().ok()).collect::<Option<_>>()?;
    let header = values.join(",");
    let mut ranges = parse(&header).filter(|_| header.len() <= BYTES_LIMIT)?;
    // Stable: ranges of the same weight stay in the order of the header.
    ranges.sort_by_key(|range| std::cmp::Reverse(range.weight));
    let offered: Vec<Language> =
        languages.offered.iter().copied().filter(|language| !is_excluded(language.tag(), &ranges)).collect();
    let mut wanted = ranges.iter().filter(|range| range.weight > 0);
    wanted.find_map(|range| match range.tag {
        "*" if offered.contains(&languages.default) => Some(languages.default),
        "*" => offered.first().copied(),
        tag => nearest(&offered, tag),
    })
}

struct Range<'h> {
    tag: &'h str,
    /// In thousandths.
    weight: u16,
}

/// None if the header is malformed.
fn parse(header: &str) -> Option<Vec<Range<'_>>> {
    let items = header.split(',').map(str::trim).filter(|item| !item.is_empty());
    let ranges: Vec<Range<'_>> = items.take(RANGES_LIMIT + 1).map(range).collect::<Option<_>>()?;
    (ranges.len() <= RANGES_LIMIT).then_some(ranges)
}

fn range(item: &str) -> Option<Range<'_>> {
    let (tag, parameter) = item.split_once(';').map_or((item, None), |(tag, rest)| (tag.trim(), Some(rest.trim())));
    let is_part = |part: &str| matches!(part.len(), 1..=8) && part.bytes().all(|letter| letter.is_ascii_alphanumeric());
    let is_range = tag == "*" || tag.strip_suffix("-*").unwrap_or(tag).split('-').all(is_part);
    let weight = match parameter {
        None => 1_000,
        Some(parameter) => weight(parameter.strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim_start())?,
    };
    is_range.then_some(Range { tag: tag.strip_suffix("-*").unwrap_or(tag), weight })
}

/// `0.75` is 750; at most three digits may follow the point.
fn weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = fraction.len() <= 3 && fraction.bytes().all(|digit| digit.is_ascii_digit());
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok().filter(|_| is_digits)?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

/// Whether the most specific range that a language matches has no weight.
fn is_excluded(tag: &str, ranges: &[Range<'_>]) -> bool {
    let matching = ranges.iter().filter(|range| range.tag != "*" && begins_with(tag, range.tag));
    let most_specific = matching.max_by_key(|range| range.tag.len());
    let any = || ranges.iter().find(|range| range.tag == "*");
    most_specific.or_else(any).is_some_and(|range| range.weight == 0)
}

/// An offered language for a range: that tag, or else without its last parts. A Chinese one is read in the script of its
/// region, and what is left of a range is good for every region of its language: `pt` for `pt-BR`.
pub(super) fn nearest(offered: &[Language], range: &str) -> Option<Language> {
    let found = |tag: &str| offered.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(tag));
    if let Some(language) = found(range) {
        return Some(language);
    }
    let mut left = chinese(range).unwrap_or(range);
    loop {
        if let Some(language) = found(left) {
            return Some(language);
        }
        let Some((shorter, _)) = left.rsplit_once('-') else { break };
        // A single letter introduces what follows it, and means nothing without it.
        left = shorter.rsplit_once('-').filter(|(_, last)| last.len() == 1).map_or(shorter, |(before, _)| before);
    }
    if left.eq_ignore_ascii_case("zh") {
        return None;
    }
    offered.iter().copied().find(|language| begins_with(language.tag(), left))
}

/// The script in which Chinese is read where a range comes from.
fn chinese(range: &str) -> Option<&'static str> {
    let mut parts = range.split('-');
    if !parts.next()?.eq_ignore_ascii_case("zh") {
        return None;
    }
    let is_traditional = |part: &str| ["Hant", "TW", "HK", "MO"].iter().any(|sign| sign.eq_ignore_ascii_case(part));
    let is_simplified = |part: &str| part.eq_ignore_ascii_case("Hans");
    let sign = parts.find(|part| is_traditional(part) || is_simplified(part));
    Some(if sign.is_some_and(is_traditional) { "zh-Hant" } else { "zh-Hans" })
}

/// Whether a tag is a range or has more parts than it.
fn begins_with(tag: &str, range: &str) -> bool {
    let end = range.len();
    tag.len() >= end
        && tag.as_bytes()[..end].eq_ignore_ascii_case(range.as_bytes())
        && matches!(tag.as_bytes().get(end), None | Some(b'-'))
}
