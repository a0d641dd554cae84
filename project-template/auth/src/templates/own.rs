//! Texts of the application, filled in as ours are.

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::{Templates, Written, one_line, wrapped};

impl Templates {
    /// A mail of the application's own: subject, text and HTML, filled in with `values`.
    ///
    /// # Errors
    /// If a text is no template, or names a variable that has no value.
    pub(crate) fn own_mail(
        &self,
        [subject, text, html]: [&str; 3],
        values: &impl Serialize,
    ) -> anyhow::Result<Written> {
        Ok(Written {
            subject: one_line(&self.fill_own("subject.txt", subject, values, "")?),
            text: wrapped(&self.fill_own("text.txt", text, values, "")?),
            html: self.fill_own("mail.html", html, values, "")?,
        })
    }

    /// A page of the application's own, filled in with `values`.
    ///
    /// # Errors
    /// As [`Templates::own_mail`].
    pub(crate) fn own_page(&self, html: &str, values: &impl Serialize, nonce: &str) -> anyhow::Result<String> {
        Ok(self.fill_own("page.html", html, values, nonce)?)
    }

    /// Values are escaped where the ending of `name` is that of HTML.
    fn fill_own(
        &self,
        name: &str,
        text: &str,
        values: &impl Serialize,
        nonce: &str,
    ) -> Result<String, minijinja::Error> {
        let variables = context! { service => self.service.as_str(), nonce, ..Value::from(Serde(values)) };
        self.environment.render_named_str(name, text, variables)
    }
}
