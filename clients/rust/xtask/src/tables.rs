//! Methods, services, lists and the cases of payments.

use std::{collections::BTreeMap, error::Error, fmt::Write};

use protox::prost_reflect::DescriptorPool;
use serde_json::{Map, Value};

use crate::rules::{camel, snake};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The text of `mod.rs`.
pub fn module() -> String {
    crate::HEAD.to_owned() + MODULES
}

const MODULES: &str = r#"pub(crate) mod cases;
pub(crate) mod lists;
pub(crate) mod methods;
pub(crate) mod rules;
mod services;

#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]
pub mod portone {
    pub mod v2 {
        include!("portone.v2.rs");
    }
    pub mod gateway {
        pub mod v1 {
            include!("portone.gateway.v1.rs");
        }
    }
}

#[allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]
pub mod google {
    pub mod api {
        include!("google.api.rs");
    }
    pub mod rpc {
        include!("google.rpc.rs");
    }
}
"#;

fn rows(rules: &Value) -> Result<&Map<String, Value>> {
    Ok(rules["methods"].as_object().ok_or("rules.json has no methods")?)
}

fn text<'a>(row: &'a Value, name: &str) -> Result<&'a str> {
    row[name].as_str().ok_or_else(|| format!("a method has no {name}").into())
}

/// The kinds of RPCs by path.
pub fn methods(rules: &Value) -> Result<String> {
    let mut out = format!(
        "{}use crate::call::Kind;\n\n/// What an RPC does; none for those of other contracts.\n\
         pub(crate) fn kind(path: &str) -> Option<Kind> {{\n    Some(match path {{\n",
        crate::HEAD
    );
    for (path, row) in rows(rules)? {
        let kind = match (row["stream"].as_bool(), row["mutation"].as_bool()) {
            (Some(true), _) => "Stream",
            (_, Some(true)) => "Mutation",
            _ => "Read",
        };
        writeln!(out, "        {path:?} => Kind::{kind},")?;
    }
    Ok(out + "        _ => return None,\n    })\n}\n")
}

/// The stubs of the client, by short names.
pub fn services(rules: &Value) -> Result<String> {
    let mut services = BTreeMap::new();
    for row in rows(rules)?.values() {
        let full = text(row, "service")?;
        let (package, name) = full.rsplit_once('.').ok_or("a service has no package")?;
        services.insert(name.to_owned(), package.replace('.', "::"));
    }
    let mut out =
        format!("{}use crate::{{Channel, Client, MAX_ANSWER}};\n\nimpl Client {{\n", crate::HEAD);
    for (service, package) in services {
        let short = snake(service.strip_suffix("Service").unwrap_or(&service));
        let stub =
            format!("crate::generated::{package}::{}_client::{}Client", snake(&service), service);
        writeln!(
            out,
            "    /// The stub of {service}.\n    pub fn {short}(&self) -> {stub}<Channel> {{\n        \
             {stub}::new(self.channel()).max_decoding_message_size(MAX_ANSWER)\n    }}\n"
        )?;
    }
    Ok(out.trim_end().to_owned() + "\n}\n")
}

/// The lists, as calls of macros in list.rs.
pub fn lists(rules: &Value) -> Result<String> {
    let mut out = format!("{}{LISTS_USE}", crate::HEAD);
    for row in rows(rules)?.values() {
        let list = &row["list"];
        if list.is_null() {
            continue;
        }
        let (by, request) = (text(list, "by")?, last(text(row, "request")?));
        let (answer, item) = (last(text(row, "response")?), last(text(list, "item")?));
        let (service, method) = (snake(last(text(row, "service")?)), snake(text(row, "name")?));
        let short = service.trim_end_matches("_service");
        let place = if by == "page" { text(list, "number")? } else { text(list, "cursor")? };
        let until = match list["until"].as_str() {
            Some(path) => format!("Some({})", tokens(path)),
            None => "None".to_owned(),
        };
        let hint = last(list["cursorMethod"].as_str().unwrap_or_default());
        writeln!(
            out,
            "\nby_{by}! {{\n    {short}.{method}({request}) -> {answer} {{ {}: {item} }}\n    \
             {} size {} until {until} instead {hint:?}\n}}",
            text(list, "items")?,
            tokens(place),
            tokens(text(list, "size")?),
        )?;
    }
    Ok(out)
}

const LISTS_USE: &str = "use prost_types::Timestamp;\nuse tonic::Request;\n\n\
use crate::{\n    Client, Error, ListRequest,\n    generated::rules,\n    \
list::{Answer, Place, by_cursor, by_page, defaults, field, list_items, next_cursor, sealed},\n    v2,\n};\n";

/// `[page number]` for `page.number`.
fn tokens(path: &str) -> String {
    format!("[{}]", path.replace('.', " "))
}

/// The last name of a path.
fn last(path: &str) -> &str {
    path.rsplit(['.', '/']).next().unwrap_or(path)
}

/// The status of each case of Payment as PortOne sends it: its discriminator.
pub fn cases(pool: &DescriptorPool) -> Result<String> {
    let payment = pool.get_message_by_name("portone.v2.Payment").ok_or("there is no Payment")?;
    let note = pool.get_extension_by_name("portone.v2.discriminator");
    let note = note.ok_or("there is no discriminator")?;
    let union = payment.oneofs().next().ok_or("Payment is no union")?;
    let mut out = format!(
        "{}use crate::v2::payment::Status;\n\n/// The status of a case as PortOne sends it.\n\
         pub(crate) fn status_text(case: &Status) -> &'static str {{\n    match case {{\n",
        crate::HEAD
    );
    for field in union.fields() {
        let kind = field.kind();
        let message = kind.as_message().ok_or("a case is no message")?;
        let options = message.options();
        let note = options.get_extension(&note);
        let value = note.as_message().and_then(|m| m.get_field_by_name("value"));
        let value = value.ok_or("a case has no discriminator")?;
        let value = value.as_str().ok_or("a discriminator is no text")?;
        writeln!(out, "        Status::{}(_) => {value:?},", camel(&field.name().to_uppercase()))?;
    }
    Ok(out + "    }\n}\n")
}
