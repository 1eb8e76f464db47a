//! The REST routes, read from the comments of methods and messages.

use std::error::Error;

use prost_types::FileDescriptorSet;

use super::comments::Comments;

/// What a route is said to do if it is not offered.
const NOT_OFFERED: &str = "501";

/// One route.
pub(crate) struct Operation {
    pub(crate) id: String,
    /// The service, or the package where there is none.
    pub(crate) tag: String,
    pub(crate) package: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The status of success.
    pub(crate) status: String,
    /// `None` if nothing can be said.
    pub(crate) request: Option<String>,
    pub(crate) response: String,
    pub(crate) summary: String,
    pub(crate) description: Option<String>,
    asked_in_query: bool,
}

impl Operation {
    /// The names in the path, which are those of fields.
    pub(crate) fn variables(&self) -> Vec<&str> {
        let segments = self.path.split('/');
        segments
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
            .collect()
    }

    /// Whether the fields are parameters of the query instead of a body.
    pub(crate) fn in_query(&self) -> bool {
        self.method == "GET" || self.asked_in_query
    }
}

/// Every route that is offered, in the order of the files.
pub(crate) fn collect(
    set: &FileDescriptorSet,
    comments: &Comments,
) -> Result<Vec<Operation>, Box<dyn Error>> {
    let mut operations = Vec::new();
    for file in &set.file {
        let package = file.package();
        for service in &file.service {
            let tag = format!("{package}.{}", service.name());
            for method in &service.method {
                let id = format!("{tag}.{}", method.name());
                let request = full_name(method.input_type());
                let messages = (Some(request), full_name(method.output_type()));
                operations.extend(route(comments, &id, (&id, &tag, package), messages)?);
            }
        }
        for message in &file.message_type {
            let full = format!("{package}.{}", message.name());
            let (id, request) = match full.strip_suffix("Request") {
                Some(id) => (id, Some(full.clone())),
                None => (full.trim_end_matches("Response"), None),
            };
            let messages = (request, format!("{id}Response"));
            operations.extend(route(comments, &full, (id, package, package), messages)?);
        }
    }
    Ok(operations)
}

fn full_name(name: &str) -> String {
    name.trim_start_matches('.').to_owned()
}

/// The route in the comment above `item`, if there is one:
/// `` `POST /v2/sessions`, answered with 201. More about it. ``
fn route(
    comments: &Comments,
    item: &str,
    (id, tag, package): (&str, &str, &str),
    (request, response): (Option<String>, String),
) -> Result<Option<Operation>, Box<dyn Error>> {
    let comment = comments.items.get(item).map(String::as_str);
    let Some(rest) = comment.and_then(|comment| comment.strip_prefix('`')) else {
        return Ok(None);
    };
    let (route, rest) = rest.split_once('`').ok_or("a route has no end")?;
    let (method, path) = route.split_once(' ').ok_or("a route is no route")?;
    let (how, more) = rest.split_once(". ").unwrap_or((rest, ""));
    let mut status = "200";
    let mut asked_in_query = false;
    for word in how.trim_end_matches('.').split(", ") {
        match word.trim() {
            "" => {}
            "asked in its query" => asked_in_query = true,
            word => {
                let told = word.strip_prefix("answered with ");
                status = told.ok_or_else(|| format!("{item}: what is `{word}`?"))?;
            }
        }
    }
    if status == NOT_OFFERED {
        return Ok(None);
    }
    let name = id.rsplit('.').next().unwrap_or_default();
    Ok(Some(Operation {
        id: id.to_owned(),
        tag: tag.to_owned(),
        package: package.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        status: status.to_owned(),
        request,
        response,
        summary: words(name),
        description: (!more.is_empty()).then(|| more.to_owned()),
        asked_in_query,
    }))
}

/// `GetUserByID` becomes `Get user by ID`.
fn words(name: &str) -> String {
    let mut words = Vec::<String>::new();
    let mut letters = name.chars().peekable();
    let mut last = 'A';
    while let Some(letter) = letters.next() {
        let starts = letter.is_uppercase()
            && (last.is_lowercase() || letters.peek().is_some_and(|next| next.is_lowercase()));
        match words.last_mut() {
            Some(word) if !starts => word.push(letter),
            _ => words.push(letter.to_string()),
        }
        last = letter;
    }
    for word in words.iter_mut().skip(1) {
        if word.chars().any(char::is_lowercase) {
            *word = word.to_lowercase();
        }
    }
    words.join(" ")
}
