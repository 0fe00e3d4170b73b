//! The grammar `name[key=value,...]`.

use crate::Error;

/// A name cut into its parts; parameters are taken out one by one, and what is left over is an error.
#[derive(Debug)]
pub(crate) struct ParsedName<'a> {
    text: &'a str,
    pub(crate) base: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> ParsedName<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Error> {
        let fail = |problem: &str| Error::MetricName {
            name: text.to_owned(),
            problem: problem.to_owned(),
            hint: "the form is `name` or `name[key=value,key=value]`".to_owned(),
        };
        let trimmed = text.trim();
        let (base, inside) = match trimmed.split_once('[') {
            None => (trimmed, ""),
            Some((base, rest)) => (base, rest.strip_suffix(']').ok_or_else(|| fail("a missing `]` at the end"))?),
        };
        let mut parameters: Vec<(&str, &str)> = Vec::new();
        for part in inside.split(',').map(str::trim).filter(|_| !inside.trim().is_empty()) {
            let (key, value) = part.split_once('=').ok_or_else(|| fail(&format!("no `=` in `{part}`")))?;
            let (key, value) = (key.trim(), value.trim());
            if parameters.iter().any(|&(earlier, _)| earlier == key) {
                return Err(fail(&format!("`{key}` given twice")));
            }
            parameters.push((key, value));
        }
        Ok(Self { text, base: base.trim(), parameters })
    }

    /// The value of `key` among `choices`, or the first choice if the key is not given.
    pub(crate) fn take_choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Result<T, Error> {
        let Some(position) = self.parameters.iter().position(|&(name, _)| name == key) else {
            return Ok(choices[0].1);
        };
        let (_, value) = self.parameters.remove(position);
        choices.iter().find(|(name, _)| *name == value).map(|&(_, choice)| choice).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|&(name, _)| name).collect();
            Error::MetricName {
                name: self.text.to_owned(),
                problem: format!("unknown {key} `{value}`"),
                hint: format!("{key} is one of {}", names.join(", ")),
            }
        })
    }

    /// The text given for `key`, or nothing if the key is not given.
    pub(crate) fn take_text(&mut self, key: &str) -> Option<&'a str> {
        let position = self.parameters.iter().position(|&(name, _)| name == key)?;
        Some(self.parameters.remove(position).1)
    }

    /// The number of `key`, which has to satisfy `valid`, if it is given.
    pub(crate) fn take_number(
        &mut self,
        key: &str,
        valid: impl Fn(f64) -> bool,
        hint: &str,
    ) -> Result<Option<f64>, Error> {
        let Some(text) = self.take_text(key) else { return Ok(None) };
        match text.parse::<f64>() {
            // −0 becomes 0, so that equal metrics print alike.
            Ok(value) if value.is_finite() && valid(value) => Ok(Some(value + 0.0)),
            _ => Err(self.refuse(&format!("{key} `{text}`"), hint)),
        }
    }

    /// `components`: a number of at least 1, or `all` if that is allowed.
    pub(crate) fn take_components(&mut self, all: bool) -> Result<Option<usize>, Error> {
        match self.take_text("components") {
            None => Ok(None),
            Some("all") if all => Ok(None),
            Some(text) => match text.parse::<usize>() {
                Ok(count) if count > 0 => Ok(Some(count)),
                _ => {
                    let all = if all { "`all`, or " } else { "" };
                    Err(self.refuse(&format!("components `{text}`"), &format!("components is {all}1, 2, 3, …")))
                }
            },
        }
    }

    /// An error about this name.
    pub(crate) fn refuse(&self, problem: &str, hint: &str) -> Error {
        Error::MetricName { name: self.text.to_owned(), problem: problem.to_owned(), hint: hint.to_owned() }
    }

    /// Refuses parameters that nobody took.
    pub(crate) fn finish(self, known: &[&str]) -> Result<(), Error> {
        match self.parameters.first() {
            None => Ok(()),
            Some((key, _)) => Err(Error::MetricName {
                name: self.text.to_owned(),
                problem: format!("unknown parameter `{key}`"),
                hint: if known.is_empty() {
                    format!("`{}` has none", self.base)
                } else {
                    format!("`{}` has {}", self.base, known.join(", "))
                },
            }),
        }
    }
}
