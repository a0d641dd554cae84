//! Renders files of a foreign overlay in a child process (this program, started again) with limits: a few nested loops
//! could use all memory or never end.

use std::borrow::Cow;
use std::env;
use std::io::{self, Read};
use std::process::{self, Command};

use serde_json::{Value as Json, json};

use super::Variables;
use super::engine::{Engine, Output};
use super::source::Source;
use crate::answers::Value;
use crate::failure::{Failure, Kind, Place};
use crate::signals::Signals;
use crate::{bounds, errand, platform, report};

/// A hidden command: it is not in `cli`, so help, completions and manual omit it.
const COMMAND: &str = "__render";
const DONE: i32 = 0;
const FAILED: i32 = 1;

/// Renders each source, in order. `all` are the sources that they may include.
pub(super) fn render(
    sources: &[&Source],
    all: &[Source],
    variables: &Variables,
    signals: &Signals,
) -> Result<Vec<Result<Output, Failure>>, Failure> {
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    let failed = |why: String| Failure::new(Kind::Template, format!("it cannot be rendered: {why}"));
    let request = request(sources, all, variables).to_string();
    let mut command = Command::new(env::current_exe().map_err(|error| failed(error.to_string()))?);
    platform::lead_group(command.args([COMMAND, &process::id().to_string()]));
    let outcome = signals.hold(|writing| Ok(errand::feed(&mut command, request.into_bytes(), writing)?));
    let outcome = outcome.map_err(|error| match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(error) => failed(error.to_string()),
    })?;
    let Some(outcome) = outcome else { return Err(failed("it was interrupted".into())) };
    // Each line is the answer about one source, written as soon as there is one.
    let lines = outcome.stdout.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let answers: Vec<_> =
        lines.map_while(|line| serde_json::from_str(line).ok()).map(|answer| answered(&answer)).collect();
    if outcome.status.success() && answers.len() == sources.len() {
        return Ok(answers);
    }
    let why = bounds::complaint(outcome.status, &outcome.stderr).unwrap_or_else(|| outcome.status.to_string());
    let why = match sources.get(answers.len()) {
        Some(source) => Failure::at(&source.path, None, &format!("it cannot be rendered: {why}")).hint(bounds::REMEDY),
        None => failed(why),
    };
    Err(answers.into_iter().filter_map(Result::err).fold(why, Failure::and))
}

/// The child's side: carries out the request on stdin if this process was started for it.
pub(crate) fn carried_out() -> Option<i32> {
    let mut arguments = env::args_os().skip(1);
    arguments.next().filter(|first| first == COMMAND)?;
    let parent = arguments.next()?.to_str()?.parse().ok()?;
    platform::end_with(parent, None);
    bounds::limit();
    let mut request = String::new();
    let read = io::stdin().read_to_string(&mut request).ok().and_then(|_| serde_json::from_str(&request).ok());
    let Some(request): Option<Json> = read else { return Some(FAILED) };
    answer(&request, &mut |answer| report::one_of_several(&answer.to_string()));
    Some(DONE)
}

fn request(sources: &[&Source], all: &[Source], variables: &Variables) -> Json {
    let is_mentioned = |source: &&Source| {
        let mentions = |by: &&Source| by.text().is_some_and(|text| text.contains(&source.path));
        !source.is_rendered() && sources.iter().any(mentions)
    };
    let file = |source: &Source| source.text().map(|text| json!([source.path, text]));
    let included: Vec<Json> = all.iter().filter(is_mentioned).filter_map(file).collect();
    let rendered: Vec<Json> = sources.iter().filter_map(|source| file(source)).collect();
    let value = |value: &Value| match value {
        Value::Bool(value) => json!(value),
        Value::Text(text) => json!(text),
        Value::List(texts) => json!(texts),
    };
    let variables: Vec<Json> = variables.iter().map(|(name, of)| json!([name, value(of)])).collect();
    json!({ "rendered": rendered, "included": included, "variables": variables })
}

fn answer(request: &Json, say: &mut dyn FnMut(Json)) {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let list = |key: &str| request[key].as_array().cloned().unwrap_or_default();
    let source = |file: &Json| Source::embedded(text(&file[0]), Cow::from(text(&file[1]).into_bytes()));
    let value = |value: &Json| match value {
        Json::Bool(value) => Value::Bool(*value),
        Json::Array(texts) => Value::List(texts.iter().map(text).collect()),
        other => Value::Text(text(other)),
    };
    let variables: Variables = list("variables").iter().map(|pair| (text(&pair[0]), value(&pair[1]))).collect();
    let included: Vec<Source> = list("included").iter().map(source).collect();
    let rendered: Vec<Source> = list("rendered").iter().map(source).collect();
    let engine = match Engine::new(&included, &variables) {
        Ok(engine) => engine,
        Err(failure) => return rendered.iter().for_each(|_| say(json!({ "problems": [problem(&failure)] }))),
    };
    for source in &rendered {
        say(match engine.render(source) {
            Ok(output) => json!({ "text": output.text, "secret": output.secret }),
            Err(failure) => json!({ "problems": failure.problems().map(problem).collect::<Vec<_>>() }),
        });
    }
}

fn problem(failure: &Failure) -> Json {
    let place = failure.place.as_ref().map(|place| json!([place.file, place.position]));
    json!({ "message": failure.message, "hints": failure.hints, "place": place })
}

fn answered(answer: &Json) -> Result<Output, Failure> {
    match (answer["text"].as_str(), answer["secret"].as_bool()) {
        (Some(text), Some(secret)) => Ok(Output { text: text.to_owned(), secret }),
        _ => Err(problems(&answer["problems"])),
    }
}

fn problems(problems: &Json) -> Failure {
    let unknown = || Failure::new(Kind::Template, "it cannot be rendered");
    problems.as_array().into_iter().flatten().map(reported).reduce(Failure::and).unwrap_or_else(unknown)
}

fn reported(problem: &Json) -> Failure {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let number = |value: &Json| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let place = &problem["place"];
    let position = number(&place[1][0]).zip(number(&place[1][1]));
    let hints = problem["hints"].as_array().into_iter().flatten().map(text).collect();
    let place = place[0].as_str().map(|file| Box::new(Place { file: file.to_owned(), position }));
    Failure { place, hints, ..Failure::new(Kind::Template, text(&problem["message"])) }
}
