//! What is wrong with a complete template, its answers and its files, all at once.

use crate::complete::with_template;
use crate::support::{Place, Ran};

fn start(place: &Place, arguments: &str) -> Ran {
    place.start(&format!("my-shop --template t {arguments}"))
}

#[test]
fn a_mistake_in_the_name_of_a_file_hides_no_other() {
    let place = with_template();
    place.write("t/{% if kind %}dir/a.txt", "");
    place.write("t/{% if kind %}dir/b.txt", "");
    place.write("t/{{ kind | nofilter }}.hbs", "");
    place.write("t/{{u6}}.md", "{{ kind }}");
    place.write("t/b.md", "one\n{% if %}");
    place.write("t/c.md", "\n {{ nmae }}");
    let ran = start(&place, "-d kind=cli").ended_with(4);
    let ran = ran
        .saying("the template `t`: {% if kind %}dir: its name is not valid: Unclosed block")
        .saying("the template `t`: {{ kind | nofilter }}.hbs: its name is not valid: Unknown filter")
        .saying("{{u6}}.md: `u6` in the name of the file")
        .saying("the template `t`: b.md:2:")
        .saying("c.md:2:2: `nmae`");
    assert_eq!(ran.stderr.matches("error: ").count(), 5, "{}", ran.stderr);
    let linted = place.run("templates lint t").ended_with(4).stdout;
    assert_eq!(linted.matches("liquid-syntax: its name is not valid: ").count(), 2, "{linted}");
    // One that fails only when it is rendered is left as it was.
    for name in ["{{ kind | divided_by: 0 }}.md", "{{ kind.length }}/a.md", "{{ u6 | divided_by: 0 }}.md"] {
        let place = with_template();
        place.write(&format!("t/{name}"), "");
        place.write("t/c.md", "{{ nmae }}");
        let ran = start(&place, "-d kind=cli").ended_with(4).saying("c.md:1:1: `nmae`");
        assert_eq!(ran.stderr.matches("left its name").count(), usize::from(!name.contains("u6")), "{}", ran.stderr);
        assert_eq!(ran.stderr.matches("error: ").count(), 2, "{}", ran.stderr);
    }
    // A reason of its own is said beside what was found.
    let place = with_template();
    place.write("t/{{ kind | remove: 'cli' }}", "");
    place.write("t/c.md", "{{ nmae }}");
    start(&place, "-d kind=cli").ended_with(4).saying("it cannot be rendered: ").saying("c.md:1:1: `nmae`");
}

#[test]
fn what_is_too_large_is_refused_with_a_remedy_that_fits() {
    let place = with_template();
    place.write("t/a.md", "{{ nmae }}");
    place.write("t/b.md", &format!("{{% for i in (1..70000) %}}{}{{% endfor %}}", "x".repeat(1000)));
    place.write("t/d.json", "{}");
    let ran =
        start(&place, "-d kind=cli").ended_with(4).saying("a.md:1:1: `nmae`").saying("see the loops in its files");
    assert!(!ran.stderr.contains("jwt-allauth.toml") && !ran.stderr.contains("d.json"), "{}", ran.stderr);
    let huge = |path: &str| std::fs::File::create(place.work().join(path)).unwrap().set_len(1 << 40).unwrap();
    huge("t/huge");
    let ran = start(&place, "-d kind=cli").ended_with(4).saying("huge: it is larger than 64 MiB");
    let ran = ran.saying("out of the template's directory");
    assert!(!ran.stderr.contains("jwt-allauth.toml"), "{}", ran.stderr);
    place.write("overlay/a.md", "");
    huge("overlay/huge");
    place.start("my-shop --template overlay").ended_with(4).saying("`ignore = [\"target\"]` in `jwt-allauth.toml`");
}
