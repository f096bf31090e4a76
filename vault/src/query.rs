//! What is looked for, as a person writes it.

/// What is looked for: words, of which each must be found, and filters, of which each must hold.
///
/// `env:prod`, `missing:prod`, `project:churn`, `tag:customer`, `kind:openai`, `owner:mara`, `due:7d` are filters; a
/// word that looks like none is a word. Their values are compared without case, `tag:` and `env:` as a whole, the
/// others as beginnings; `kind:` also with the family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub(crate) words: Vec<String>,
    pub(crate) filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Environment(String),
    Missing(String),
    Project(String),
    Tag(String),
    Kind(String),
    Owner(String),
    /// Milliseconds from now.
    Due(i64),
}

/// A filter that says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no filter: write days, as in due:7d")]
pub struct QueryError(String);

impl Query {
    /// Reads words and filters.
    ///
    /// # Errors
    /// [`QueryError`] for a filter whose value can't be read.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        for word in text.split_whitespace() {
            let lower = word.to_lowercase();
            let Some((key, value)) = lower.split_once(':').filter(|(_, value)| !value.is_empty())
            else {
                query.words.push(word.to_owned());
                continue;
            };
            let value = value.to_owned();
            query.filters.push(match key {
                "env" => Filter::Environment(value),
                "missing" => Filter::Missing(value),
                "project" => Filter::Project(value),
                "tag" => Filter::Tag(value),
                "kind" => Filter::Kind(value),
                "owner" => Filter::Owner(value),
                "due" => {
                    let days = value.strip_suffix('d').unwrap_or(&value).parse::<u16>();
                    let days = days.map_err(|_| QueryError(word.to_owned()))?;
                    Filter::Due(i64::from(days) * 86_400_000)
                }
                _ => {
                    query.words.push(word.to_owned());
                    continue;
                }
            });
        }
        Ok(query)
    }
}
