use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::{Templates, Written};
use crate::languages::Language;

impl Templates {
    /// Renders a mail of the application: subject, text and HTML.
    ///
    /// # Errors
    /// If a text is no template, or names a variable that has no value.
    pub fn own_mail(
        &self,
        [subject, text, html]: [&str; 3],
        values: &impl Serialize,
        language: Language,
    ) -> anyhow::Result<Written> {
        let (language, _) = self.environment(language);
        let render = |name, text| self.fill_own((name, text), values, language, "");
        let [subject, text, html] =
            [render("subject.txt", subject)?, render("text.txt", text)?, render("mail.html", html)?];
        Ok(Written::of(language, &subject, &text, &html))
    }

    /// Renders a page of the application, as [`Templates::own_mail`] a mail.
    pub fn own_page(
        &self,
        html: &str,
        values: &impl Serialize,
        language: Language,
        nonce: &str,
    ) -> anyhow::Result<String> {
        Ok(self.fill_own(("page.html", html), values, language, nonce)?)
    }

    fn fill_own(
        &self,
        (name, text): (&str, &str),
        values: &impl Serialize,
        language: Language,
        nonce: &str,
    ) -> Result<String, minijinja::Error> {
        let variables = context! { service => self.service.as_str(), nonce, ..Value::from(Serde(values)) };
        let (_, environment) = self.environment(language);
        environment.render_named_str(name, text, variables)
    }
}
