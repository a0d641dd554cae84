//! CBOR in the strict form that authenticators must use (RFC 8949, section 4.2; CTAP 2.2, section 8): definite lengths,
//! shortest heads, no tags, no floats, no duplicate keys, bounded depth. A laxer reader could find two different keys in
//! one credential. The order of keys is not checked: it decides nothing.

/// CTAP's limit is 4; the attestation of a TPM stays below it too.
const DEPTH: u8 = 4;
/// The most entries of one map; the largest that is read here has five. Each is compared with those before it.
const ENTRIES: u64 = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// Larger ones than `i64` are refused.
    Integer(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(Vec<Self>),
    Map(Map<'a>),
    Bool(bool),
    Null,
}

/// The entries of a map, in the order written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Map<'a>(Vec<(Item<'a>, Item<'a>)>);

impl<'a> Map<'a> {
    pub(super) fn get(&self, key: &Item<'_>) -> Option<&Item<'a>> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(super) fn text_key(&self, key: &str) -> Option<&Item<'a>> {
        self.get(&Item::Text(key))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Reads one item at the start of `bytes`, and returns it with the bytes after it.
pub(super) fn read(bytes: &[u8]) -> Option<(Item<'_>, &[u8])> {
    let mut input = Input { rest: bytes };
    let item = input.item(DEPTH)?;
    Some((item, input.rest))
}

/// Reads `bytes` as exactly one map.
pub(super) fn map(bytes: &[u8]) -> Option<Map<'_>> {
    match read(bytes)? {
        (Item::Map(map), []) => Some(map),
        _ => None,
    }
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// The major type of an item, and its argument.
    fn head(&mut self) -> Option<(u8, u64)> {
        let [first] = *self.take(1)? else { return None };
        let (major, short) = (first >> 5, first & 0x1f);
        let extra = match short {
            0..24 => return Some((major, short.into())),
            24..28 => 1 << (short - 24),
            _ => return None,
        };
        let argument = self.take(extra)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        // The smallest argument that does not fit a shorter head.
        let least = match extra {
            1 => 24,
            bytes => 1 << (4 * bytes),
        };
        (argument >= least).then_some((major, argument))
    }

    fn item(&mut self, depth: u8) -> Option<Item<'a>> {
        let (major, argument) = self.head()?;
        Some(match major {
            0 => Item::Integer(i64::try_from(argument).ok()?),
            1 => Item::Integer(-1 - i64::try_from(argument).ok()?),
            2 => Item::Bytes(self.take(argument)?),
            3 => Item::Text(str::from_utf8(self.take(argument)?).ok()?),
            // Each item takes at least one byte, so a large number of them ends with the input.
            4 => Item::Array((0..argument).map(|_| self.item(depth.checked_sub(1)?)).collect::<Option<_>>()?),
            5 => Item::Map(self.entries(argument, depth.checked_sub(1)?)?),
            7 if argument == 20 => Item::Bool(false),
            7 if argument == 21 => Item::Bool(true),
            7 if argument == 22 => Item::Null,
            _ => return None,
        })
    }

    fn entries(&mut self, number: u64, depth: u8) -> Option<Map<'a>> {
        let mut map = Map(Vec::new());
        if number > ENTRIES {
            return None;
        }
        for _ in 0..number {
            let key = self.item(depth)?;
            let is_new = matches!(key, Item::Integer(_) | Item::Text(_)) && map.get(&key).is_none();
            let value = self.item(depth)?;
            map.0.push(is_new.then_some((key, value))?);
        }
        Some(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(bytes: &[u8]) -> Option<Item<'_>> {
        read(bytes).filter(|(_, rest)| rest.is_empty()).map(|(item, _)| item)
    }

    #[test]
    fn the_shortest_form_of_every_kind_is_read() {
        let integers = [
            (&[0x00_u8][..], 0),
            (&[0x17], 23),
            (&[0x18, 0x18], 24),
            (&[0x19, 0x01, 0x00], 256),
            (&[0x1a, 0x00, 0x01, 0x00, 0x00], 65_536),
            (&[0x1b, 0, 0, 0, 1, 0, 0, 0, 0], 1 << 32),
            (&[0x20], -1),
            (&[0x26], -7),
            (&[0x39, 0x01, 0x00], -257),
        ];
        for (bytes, number) in integers {
            assert_eq!(only(bytes), Some(Item::Integer(number)), "{bytes:x?}");
        }
        assert_eq!(only(&[0x43, 1, 2, 3]), Some(Item::Bytes(&[1, 2, 3])));
        assert_eq!(only(&[0x62, b'f', b'm']), Some(Item::Text("fm")));
        assert_eq!(only(&[0x82, 0xf4, 0xf5]), Some(Item::Array(vec![Item::Bool(false), Item::Bool(true)])));
        let map = map(&[0xa2, 0x01, 0xf6, 0x61, b'a', 0x20]).unwrap();
        assert_eq!((map.len(), map.get(&Item::Integer(1))), (2, Some(&Item::Null)));
        assert_eq!(map.text_key("a"), Some(&Item::Integer(-1)));
    }

    #[test]
    fn another_form_of_the_same_value_is_refused() {
        let longer_heads: [&[u8]; 4] = [
            &[0x18, 0x17],
            &[0x19, 0x00, 0xff],
            &[0x1a, 0, 0, 0xff, 0xff],
            &[0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
        ];
        let indefinite: [&[u8]; 3] = [&[0x5f, 0x41, 1, 0xff], &[0x9f, 0xff], &[0xbf, 0xff]];
        let reserved: [&[u8]; 3] = [&[0x1c], &[0x1d, 0], &[0x1e]];
        for bytes in longer_heads.into_iter().chain(indefinite).chain(reserved) {
            assert_eq!(only(bytes), None, "{bytes:x?}");
        }
    }

    #[test]
    fn tags_floats_and_other_simple_values_are_refused() {
        let bytes: [&[u8]; 6] =
            [&[0xc0, 0x00], &[0xf7], &[0xf9, 0, 0], &[0xfa, 0, 0, 0, 0], &[0xf8, 0x18], &[0xf8, 0x20]];
        for bytes in bytes {
            assert_eq!(only(bytes), None, "{bytes:x?}");
        }
    }

    #[test]
    fn a_map_with_a_key_twice_or_of_another_kind_is_refused() {
        assert_eq!(map(&[0xa2, 0x01, 0x00, 0x01, 0x00]), None);
        assert_eq!(map(&[0xa2, 0x61, b'a', 0x00, 0x61, b'a', 0x01]), None);
        assert_eq!(map(&[0xa1, 0x41, 1, 0x00]), None, "bytes as a key");
        assert_eq!(map(&[0xa1, 0x80, 0x00]), None, "an array as a key");
    }

    #[test]
    fn input_that_is_cut_short_or_followed_by_more_is_refused() {
        let whole = [0xa2, 0x63, b'f', b'm', b't', 0x64, b'n', b'o', b'n', b'e', 0x03, 0x82, 0x01, 0x41, 0x05];
        assert!(map(&whole).is_some());
        for end in 0..whole.len() {
            assert_eq!(map(&whole[..end]), None, "{end} bytes");
        }
        assert_eq!(map(&[&whole[..], &[0]].concat()), None);
    }

    #[test]
    fn the_entries_of_a_map_are_bounded() {
        let of = |number: u8| {
            let entries = (0..number).flat_map(|key| [0x18, 24 + key, 0x00]);
            [0xb8, number].into_iter().chain(entries).collect::<Vec<u8>>()
        };
        assert_eq!(map(&of(32)).map(|map| map.len()), Some(32));
        assert_eq!(map(&of(33)), None);
    }

    #[test]
    fn depth_and_declared_lengths_are_bounded_by_the_input() {
        assert!(only(&[0x81, 0x81, 0x81, 0x81, 0x00]).is_some());
        assert_eq!(only(&[0x81, 0x81, 0x81, 0x81, 0x81, 0x00]), None);
        assert_eq!(only(&[&[0x81; 10_000][..], &[0x00]].concat()), None);
        for major in [2_u8, 3, 4, 5] {
            for argument in [u64::MAX, i64::MAX.unsigned_abs(), 1 << 32] {
                let bytes = [&[major << 5 | 0x1b][..], &argument.to_be_bytes(), &[0; 16]].concat();
                assert_eq!(only(&bytes), None, "{bytes:x?}");
            }
        }
        for bytes in [[0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0], [0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0]] {
            assert_eq!(only(&bytes), None, "an integer beyond 63 bits");
        }
    }
}
