//! Output of `add`: a line for each file on stdout, or one object; the rest on stderr.

use serde_json::json;

use super::update::versions;
use super::{Report, document, result};
use crate::cli::Format;
use crate::features::{Addition, Feature};
use crate::update::{Outcome, Project};

pub(crate) struct Added<'a> {
    pub(crate) project: &'a Project,
    pub(crate) features: &'a [Feature],
    pub(crate) addition: &'a Addition,
}

impl Report {
    pub(crate) fn added(&self, added: &Added) {
        let Added { project, features, addition } = *added;
        let features: Vec<String> = features.iter().map(Feature::to_string).collect();
        if self.format == Format::Json {
            let mut object = versions(&project.stamp);
            object["path"] = project.root.display().to_string().into();
            object["added"] = json!(features);
            object["files"] = json!(addition.paths());
            object["notes"] = json!(addition.steps);
            return document(&format!("{object:#}"));
        }
        for path in addition.paths() {
            result(&format!("{:9} {path}", Outcome::Updated.name()));
        }
        self.say_headed("Added", &format!("`{}` to `{}`", features.join("`, `"), project.stamp.name));
        self.say_under("Left to do", "");
        for step in &addition.steps {
            self.say(&format!("  {step}"));
        }
    }
}
