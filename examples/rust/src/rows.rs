//! Makes the instances of a request from JSON.

use prost_types::{ListValue, Struct, Value, value::Kind};

/// Rows as instances: each a list of cells in the order of the features, an object of cells by feature name, or a
/// single value.
pub fn instances(rows: impl IntoIterator<Item = serde_json::Value>) -> ListValue {
    ListValue { values: rows.into_iter().map(value).collect() }
}

fn value(cell: serde_json::Value) -> Value {
    let kind = match cell {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(bool) => Kind::BoolValue(bool),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Kind::StringValue(text),
        serde_json::Value::Array(cells) => Kind::ListValue(instances(cells)),
        serde_json::Value::Object(fields) => {
            Kind::StructValue(Struct { fields: fields.into_iter().map(|(name, inner)| (name, value(inner))).collect() })
        }
    };
    Value { kind: Some(kind) }
}

/// A prediction as JSON.
pub fn json(value: &Value) -> serde_json::Value {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => serde_json::Value::Null,
        Some(Kind::BoolValue(bool)) => (*bool).into(),
        Some(Kind::NumberValue(number)) => (*number).into(),
        Some(Kind::StringValue(text)) => text.clone().into(),
        Some(Kind::ListValue(list)) => list.values.iter().map(json).collect(),
        Some(Kind::StructValue(fields)) => {
            fields.fields.iter().map(|(name, inner)| (name.clone(), json(inner))).collect()
        }
    }
}
