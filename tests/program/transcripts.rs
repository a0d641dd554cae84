#[test]
fn the_transcripts_are_what_the_program_says() {
    trycmd::TestCases::new().case("tests/transcripts/*.trycmd");
}
