//! The documentation page of the API: one page of HTML made from the description when it is first asked for, without
//! scripts, so that it reads the same under the strictest policy and in a text browser.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Its style sheet.
pub(crate) const STYLE: &str = include_str!("docs.css");

const INTRODUCTION: &str = include_str!("docs-introduction.html");

/// Requests and answers by operation, as a test ran them (`crates/server/tests/doors.rs`).
const EXAMPLES: &str = include_str!("api/examples.json");

/// The page for a description.
pub(crate) fn page(openapi: &Value) -> String {
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let schemas = openapi["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let mut by_tag: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, item) in objects(&openapi["paths"]) {
        for (method, operation) in objects(item) {
            let tag = operation["tags"][0].as_str().unwrap_or("other");
            by_tag.entry(tag).or_default().push((path, method, operation));
        }
    }
    let mut nav = String::from("<a href=\"#conventions\">Conventions</a>");
    let mut main = String::from(INTRODUCTION);
    for (tag, operations) in &by_tag {
        put(&mut nav, format_args!("<h2>{}</h2>", escape(tag)));
        put(&mut main, format_args!("<h2 id=\"tag-{0}\">{0}</h2>", escape(tag)));
        for (path, method, operation) in operations {
            let id = operation["operationId"].as_str().unwrap_or_default();
            let name = id.replace('_', " ");
            put(&mut nav, format_args!("<a href=\"#{id}\">{name}</a>"));
            describe(&mut main, path, method, operation, &examples[id]);
        }
    }
    nav.push_str("<h2>realtime frames</h2><a href=\"#ClientFrame\">from the client</a><a href=\"#ServerFrame\">from the server</a>");
    nav.push_str("<h2>shapes</h2>");
    main.push_str("<h2>Shapes</h2>");
    for (name, schema) in &schemas {
        put(&mut nav, format_args!("<a href=\"#{name}\">{name}</a>"));
        put(&mut main, format_args!("<section id=\"{name}\"><h3>{name}</h3>{}", prose(&schema["description"])));
        shape(&mut main, schema);
        main.push_str("</section>");
    }
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Liaison API</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/api/docs.css\"></head><body>\
         <nav aria-label=\"Contents\"><a class=\"home\" href=\"/api/docs\">Liaison API</a>{nav}</nav><main>{main}</main></body></html>"
    )
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = out.write_fmt(what);
}

fn objects(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(key, value)| (key.as_str(), value))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A description as a paragraph; what stands between backquotes is code.
fn prose(text: &Value) -> String {
    let Some(text) = text.as_str().filter(|t| !t.is_empty()) else { return String::new() };
    let mut out = String::from("<p>");
    for (at, part) in text.split('`').enumerate() {
        let part = escape(part);
        if at % 2 == 1 { put(&mut out, format_args!("<code>{part}</code>")) } else { out.push_str(&part) }
    }
    out + "</p>"
}

fn describe(out: &mut String, path: &str, method: &str, operation: &Value, ran: &Value) {
    let id = operation["operationId"].as_str().unwrap_or_default();
    put(
        out,
        format_args!(
            "<section id=\"{id}\"><h3><span class=\"method {method}\">{}</span> <code>{}</code></h3>{}{}",
            method.to_uppercase(),
            escape(path),
            prose(&operation["summary"]),
            prose(&operation["description"]),
        ),
    );
    if let Some(parameters) = operation["parameters"].as_array() {
        out.push_str("<table><caption>Parameters</caption><tr><th>name<th>in<th>type<th>meaning");
        for parameter in parameters {
            put(
                out,
                format_args!(
                    "<tr><td><code>{}</code><td>{}<td>{}<td>{}",
                    escape(parameter["name"].as_str().unwrap_or_default()),
                    escape(parameter["in"].as_str().unwrap_or_default()),
                    kind(&parameter["schema"]),
                    prose(&parameter["description"]),
                ),
            );
        }
        out.push_str("</table>");
    }
    let body = &operation["requestBody"]["content"]["application/json"];
    if !body.is_null() {
        put(out, format_args!("<p>Body: {}</p>", kind(&body["schema"])));
    }
    out.push_str("<table><caption>Answers</caption><tr><th>status<th>body<th>meaning");
    for (status, response) in objects(&operation["responses"]) {
        let content = objects(&response["content"]).next();
        let shape = content.map_or_else(
            || "empty".to_owned(),
            |(media, body)| match &body["schema"] {
                _ if media.starts_with("image/") => escape(media),
                schema => kind(schema),
            },
        );
        put(out, format_args!("<tr><td>{status}<td>{shape}<td>{}", prose(&response["description"])));
    }
    let example = if ran.is_null() { String::new() } else { exchange(method, ran) };
    put(out, format_args!("</table>{example}</section>"));
}

/// An example: the request as one types it, and what came back.
fn exchange(method: &str, ran: &Value) -> String {
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    let path = ran["path"].as_str().unwrap_or_default();
    let mut request = format!("curl -X {} \"$LIAISON/api/v1{path}\"", method.to_uppercase());
    if ran["signedIn"] == true {
        request.push_str(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
    }
    if !ran["request"].is_null() {
        let body = pretty(&ran["request"]);
        put(&mut request, format_args!(" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{body}'"));
    }
    let body = if ran["response"].is_null() { String::new() } else { format!("\n{}", pretty(&ran["response"])) };
    format!(
        // Long ones scroll, by keyboard too.
        "<details open><summary>Example</summary><pre tabindex='0'>{}</pre><pre tabindex='0'>{}{}</pre></details>",
        escape(&request),
        ran["status"],
        escape(&body)
    )
}

/// A type in words, with a link where it has a name.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|v| format!("<code>{}</code>", escape(&v.to_string()))).collect();
        return values.join(" or ");
    }
    for alternatives in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = schema[alternatives].as_array() {
            let joint = if alternatives == "allOf" { " and " } else { " or " };
            return all.iter().map(kind).collect::<Vec<_>>().join(joint);
        }
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(name) => match schema["format"].as_str() {
            Some(format) if name == "string" => format!("string ({})", escape(format)),
            _ => escape(name),
        },
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    }
}

/// The inside of a shape: its fields, or its alternatives.
fn shape(out: &mut String, schema: &Value) {
    if schema["properties"].is_object() {
        let required = schema["required"].as_array();
        let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|r| r == name));
        out.push_str("<table><tr><th>field<th>type<th>meaning");
        for (name, field) in objects(&schema["properties"]) {
            let may = if is_required(name) { "" } else { " <small>optional</small>" };
            let of = [&field["description"], &field["oneOf"][0]["description"]].into_iter().find(|d| d.is_string());
            let meaning = prose(of.unwrap_or(&Value::Null));
            put(out, format_args!("<tr><td><code>{}</code>{may}<td>{}<td>{meaning}", escape(name), kind(field)));
        }
        out.push_str("</table>");
        return;
    }
    for alternatives in ["oneOf", "allOf"] {
        let Some(all) = schema[alternatives].as_array() else { continue };
        for alternative in all {
            out.push_str(&prose(&alternative["description"]));
            shape(out, alternative);
        }
        return;
    }
    put(out, format_args!("<p>{}</p>", kind(schema)));
}
