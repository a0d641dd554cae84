use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::{Templates, Written};

impl Templates {
    /// Renders a mail of the application: subject, text and HTML.
    ///
    /// # Errors
    /// If a text is no template, or names a variable that has no value.
    pub fn own_mail(&self, [subject, text, html]: [&str; 3], values: &impl Serialize) -> anyhow::Result<Written> {
        Ok(Written::of(
            &self.fill_own("subject.txt", subject, values, "")?,
            &self.fill_own("text.txt", text, values, "")?,
            &self.fill_own("mail.html", html, values, "")?,
        ))
    }

    /// Renders a page of the application, as [`Templates::own_mail`] a mail.
    pub fn own_page(&self, html: &str, values: &impl Serialize, nonce: &str) -> anyhow::Result<String> {
        Ok(self.fill_own("page.html", html, values, nonce)?)
    }

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
