//! The forms of a file, and errors in them.

use std::io::Write;

use super::*;

fn read(text: &str) -> anyhow::Result<Vec<(u64, String)>> {
    read_bytes(text.as_bytes())
}

fn read_bytes(bytes: &[u8]) -> anyhow::Result<Vec<(u64, String)>> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    let shown = |row: Row| match row.content {
        Ok(content) => (row.place.line, format!("{} {} {}", content.model, content.key, Value::Object(content.fields))),
        Err(reason) => (row.place.line, reason),
    };
    Ok(open(file.path(), None)?.map(shown).collect())
}

#[test]
fn json_lines_and_an_array_give_the_same_rows() {
    let one = r#"{"model": "auth.user", "pk": 1, "fields": {"email": "a{\"}@x"}}"#;
    let two = r#"{"model": "auth.user", "pk": "2", "fields": {"email": "b"}}"#;
    let expected = [r#"auth.user 1 {"email":"a{\"}@x"}"#, r#"auth.user 2 {"email":"b"}"#];
    for (text, lines) in [
        (format!("{one}\n\n{two}\n"), [1, 3]),
        (format!("\u{feff}{one}\r\n{two}"), [1, 2]),
        (format!("[{one}, {two}]"), [1, 1]),
        (format!("\n[\n{one},\n{}\n]\n", two.replace(", ", ",\n  ")), [3, 4]),
    ] {
        let rows = read(&text).unwrap();
        assert_eq!(rows, lines.into_iter().zip(expected.map(String::from)).collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn csv_has_quoted_commas_and_line_breaks_and_leaves_out_what_is_empty() {
    let text = "\u{feff}id,Email,first_name,last_login\n7,a@x,\"O'Hara, \"\"Z\"\"\n\",\n8,,b,2024\n";
    let rows = read(text).unwrap();
    assert_eq!(rows[0], (2, r#" 7 {"email":"a@x","first_name":"O'Hara, \"Z\"\n","id":"7"}"#.to_owned()));
    assert_eq!(rows[1], (4, r#" 8 {"email":"","first_name":"b","id":"8","last_login":"2024"}"#.to_owned()));
}

#[test]
fn a_broken_row_is_named_with_its_line_and_the_others_are_read() {
    let lines = read("{\"email\":\"a\"}\n{\"email\":\n[1]\n{\"fields\":1}\n{\"email\":\"b\"}").unwrap();
    assert_eq!(lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(lines[1].1.starts_with("it is not JSON"), "{lines:?}");
    assert!(lines[4].1.contains("\"b\""), "{lines:?}");

    let array = read("[{\"email\":\"a\"},\n{\"email\":oops},\n{\"email\":\"b\"}]").unwrap();
    assert_eq!(array[1].0, 2);
    assert!(array[1].1.starts_with("it is not JSON"), "{array:?}");
    assert!(array[2].1.contains("\"b\""), "{array:?}");

    let csv = read("email,role\na,1\nb\nc,3\n").unwrap();
    assert_eq!((csv.len(), csv[1].0), (3, 3), "{csv:?}");
}

#[test]
fn an_array_that_is_cut_off_or_holds_something_else_ends_with_a_reason() {
    for (text, reason) in [
        ("[{\"email\":\"a\"},\n{\"email\":\"b", "the file ends before the `]` of its array"),
        ("[{\"email\":\"a\"},\n", "the file ends before the `]` of its array"),
        ("[{\"email\":\"a\"},\n7]", "`7` is not an object"),
    ] {
        let rows = read(text).unwrap();
        assert_eq!(rows.len(), 2, "{text}");
        assert_eq!(rows[1], (2, reason.to_owned()));
    }
}

#[test]
fn no_data_is_left_out_silently_after_an_array_or_an_object() {
    let rows = "[{\"email\":\"a\"},\n{\"email\":\"b\"}]";
    let object = format!("{{\"users\": {}, \"n\": {{\"users\": []}}}}", rows.replace('\n', ""));
    let pretty = format!("{{\n\"users\": {rows}\n}}");
    for (text, line, reason) in [
        (format!("{rows},{rows}"), 2, "`,` follows the end of the array; the rest of the file is not read"),
        (format!("{rows}\n{{\"email\":\"c\"}}"), 3, "`{` follows the end of the array"),
        (format!("{rows}]\n"), 2, "`]` follows the end of the array"),
        (format!("{object}\n{object}"), 2, "`{` follows the end of the object"),
        (format!("{pretty}\n\n{pretty}"), 6, "`{` follows the end of the object"),
        (format!("{pretty}\n{rows}"), 5, "`[` follows the end of the object"),
        (format!("{{\n\"users\": {rows}, \"x\": 1,\n\"users\": {rows}}}"), 4, "a second array `users`"),
        (format!("{{\n\"users\": {rows} {rows}}}"), 3, "`[` follows the array `users`"),
        (format!("{{\n\"users\": {rows}, \"x\": {{}}"), 3, "the file ends before the `}` of its object"),
        (format!("{{\n\"users\": {rows}"), 3, "the file ends before the `}` of its object"),
    ] {
        let read = read(&text).unwrap();
        assert_eq!(read.len(), 3, "{text}: {read:?}");
        assert_eq!(read[2].0, line, "{text}: {read:?}");
        assert!(read[2].1.contains(reason), "{text}: {read:?}");
    }
    assert_eq!(read(&format!("{rows}\n \n{rows} \n")).unwrap().len(), 4);
    assert_eq!(read("[]\n[{\"email\":\"a\"}]").unwrap().len(), 1);
    let nested = read(&format!("[{rows}]")).unwrap();
    assert_eq!(nested, [(1, "`[` is not an object".to_owned())]);
    let error = read(&format!("{{\n\"email\": \"a\"\n}}\n{object}")).unwrap_err().to_string();
    assert!(error.contains("one JSON object without an array `users`"), "{error}");
}

#[test]
fn a_file_that_is_empty_missing_or_something_else_is_refused() {
    assert!(read("").is_err());
    assert!(read(" \n ").is_err());
    assert!(read("id,name\n1,a").unwrap_err().to_string().contains("column `email`"));
    assert!(open(Path::new("/does/not/exist"), None).is_err());
    assert!(open(Path::new("/"), None).is_err());
}

#[test]
fn accounts_and_verified_addresses_are_told_from_other_tables() {
    let is_account = |json: &str| Content::parse(json.as_bytes()).unwrap().may_be_account();
    assert!(is_account(r#"{"model":"people.person","pk":1,"fields":{"email":"a@x.org","password":"!"}}"#));
    assert!(is_account(r#"{"id":1,"email":"a@x.org"}"#));
    assert!(!is_account(r#"{"model":"account.emailaddress","pk":1,"fields":{"email":"a@x.org","verified":true}}"#));
    let address = |json: &str| Content::parse(json.as_bytes()).unwrap().verified_address().map(|(key, _)| key);
    let row = |verified| {
        format!(r#"{{"model":"account.emailaddress","fields":{{"user":5,"email":"a@x.org","verified":{verified}}}}}"#)
    };
    assert_eq!(address(&row("true")), Some("5".into()));
    assert_eq!(address(&row("false")), None);
    assert_eq!(address(r#"{"user":5,"email":"a@x.org","verified":true}"#), None);
}

#[test]
fn csv_is_read_whatever_separates_its_fields_and_ends_its_lines() {
    let expected = [(2, " 7 {\"email\":\"a@x\",\"id\":\"7\"}"), (3, " 8 {\"email\":\"b@x\",\"id\":\"8.0\"}")];
    let expected = expected.map(|(line, row)| (line, row.to_owned()));
    for end in ["\n", "\r\n", "\r"] {
        for separator in [",", ";", "\t"] {
            let text = ["id,email,note", "7,a@x,NULL", "8.0,b@x,\\N"].join(end).replace(',', separator);
            assert_eq!(read(&text).unwrap(), expected, "{text:?}");
        }
    }
    let rows = read("sep=;\r\nid;email;note\r\n7;a@x;\r\n").unwrap();
    assert_eq!(rows, [(3, expected[0].1.clone())]);
    let quoted = read("email,note\r\na@x,\"one\r\ntwo\"\r\nb@x,\r\n").unwrap();
    assert_eq!(quoted.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn the_rows_of_one_object_are_its_users() {
    let rows = "[{\"id\": 1, \"email\": \"a\"},\n {\"id\": 2, \"email\": \"b\"}]";
    for text in [
        format!("{{\"realm\": {{\"users\": [1]}}, \"n\": \"users\", \"users\": {rows}, \"x\": 1}}"),
        format!("{{\n \"users\": {rows}}}"),
        format!("{{\"users\": {}}}", rows.replace('\n', "")),
    ] {
        let read = read(&text).unwrap();
        assert_eq!(read.len(), 2, "{text}: {read:?}");
        assert_eq!(read[1].1, " 2 {\"email\":\"b\",\"id\":2}");
    }
    for text in ["{\n \"accounts\": [{\"email\": \"a\"}]\n}", "{\n\"email\": \"a\"\n}"] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains("one JSON object without an array `users`"), "{error}");
    }
}

#[test]
fn what_is_packed_or_in_another_encoding_is_named_with_the_remedy() {
    let wide: Vec<u8> = "id,email".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&b"\xff\xfe"[..], &wide].concat();
    for (bytes, remedy) in [(&b"\x1f\x8b\x08\0"[..], "gunzip"), (&wide, "iconv"), (&marked, "iconv")] {
        let error = read_bytes(bytes).unwrap_err().to_string();
        assert!(error.contains(remedy), "{error}");
    }
}
