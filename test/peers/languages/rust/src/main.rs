//! Calls the service for clients.test.ts; see the README beside this folder.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::failure::Failure;
use client::mirror::Mirror;
use client::registry::{
    GetModelRequest, ListModelsRequest, PredictRequest, PredictResponse, Tensor, predict_request::Input,
    predict_response::Output,
};
use client::retry::retry;
use client::{channel, rows};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

mod disk {
    tonic::include_proto!("kserve.models.disk_failure_predictor.v1");
}

type Mirrored = Arc<Mutex<Option<Vec<String>>>>;

#[tokio::main]
async fn main() {
    let mirrored = Mirrored::default();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.expect("commands are text") {
        let command: Value = serde_json::from_str(&line).expect("commands are JSON");
        let answer = answer(&command, &mirrored).await.unwrap_or_else(|status| json!({"error": failed(&status)}));
        println!("{answer}");
    }
}

async fn answer(command: &Value, mirrored: &Mirrored) -> Result<Value, Status> {
    let op = command["op"].as_str().unwrap_or_default();
    if op == "mirror" {
        return Ok(json!({"models": *mirrored.lock().unwrap()}));
    }
    let channel = open(command);
    if op == "follow" {
        let mirrored = mirrored.clone();
        tokio::spawn(async move {
            let show = |models: &std::collections::BTreeMap<String, _>| {
                *mirrored.lock().unwrap() = Some(models.keys().cloned().collect());
            };
            Mirror::default().follow(channel, show).await
        });
        return Ok(json!({}));
    }
    let deadline = Duration::from_millis(command["deadlineMs"].as_u64().unwrap_or(20_000));
    if op == "serving" {
        let serving = channel::until_serving(channel.clone(), command["service"].as_str().unwrap_or_default());
        tokio::time::timeout(deadline, serving).await.map_err(|_| Status::deadline_exceeded("not serving"))??;
    }
    match command["attempts"].as_u64() {
        None | Some(1) => call(channel, command, op, deadline).await,
        _ => retry(|| call(channel.clone(), command, op, deadline)).await,
    }
}

fn open(command: &Value) -> Channel {
    let address = command["address"].as_str().unwrap_or_default();
    let authorities = command["authorities"].as_str().map(|path| std::fs::read(path).expect("a PEM file"));
    let scheme = if authorities.is_some() { "https" } else { "http" };
    channel::open(format!("{scheme}://{address}"), authorities.as_deref()).expect("an address")
}

async fn call(channel: Channel, command: &Value, op: &str, deadline: Duration) -> Result<Value, Status> {
    let name = command["name"].as_str().unwrap_or_default().to_string();
    let mut registry = channel::registry(channel.clone());
    match command["maxReceivedBytes"].as_u64() {
        None => {}
        Some(0) => registry = client::registry::model_registry_client::ModelRegistryClient::new(channel.clone()),
        Some(limit) => registry = registry.max_decoding_message_size(limit as usize),
    }
    match op {
        "list" | "serving" => {
            let page = registry.list_models(within(deadline, ListModelsRequest::default())).await?.into_inner();
            Ok(json!({"models": page.models.into_iter().map(|model| model.name).collect::<Vec<_>>()}))
        }
        "get" => {
            let got = registry.get_model(within(deadline, GetModelRequest { name, ..Default::default() })).await?.into_inner();
            let (model, address) = (got.model.unwrap_or_default(), got.address.unwrap_or_default());
            Ok(json!({"name": model.name, "url": address.url}))
        }
        "typed" => {
            let instances = command["rows"].as_array().into_iter().flatten().map(|row| disk::Instance {
                disk_utilization: row["disk_utilization"].as_f64(),
                iops: row["iops"].as_i64(),
                disk_age_days: row["disk_age_days"].as_f64(),
            });
            let request = disk::PredictRequest { instances: instances.collect() };
            let mut typed = disk::disk_failure_predictor_client::DiskFailurePredictorClient::new(channel);
            let answered = typed.predict(within(deadline, request)).await?.into_inner();
            let values: Vec<_> = answered.predictions.iter().map(|prediction| prediction.failure_probability).collect();
            Ok(json!({"values": values}))
        }
        "echo" => {
            let size = command["bytes"].as_u64().unwrap_or_default() as usize;
            let body = format!("{{\"instances\":[\"{}\"]}}", "x".repeat(size)).into_bytes();
            let request = PredictRequest { name, input: Some(Input::Body(body)), ..Default::default() };
            let answered = registry.predict(within(deadline, request)).await?.into_inner();
            Ok(predicted(answered).map_or(json!({}), |output| json!({"bytes": output["body"].as_str().map(str::len)})))
        }
        _ => {
            let input = Some(input_of(command));
            let request = PredictRequest { name, input, ..Default::default() };
            let predict = registry.predict(within(deadline, request));
            let answered = match command["cancelMs"].as_u64() {
                None => predict.await?,
                // Who drops a call cancels it.
                Some(after) => tokio::time::timeout(Duration::from_millis(after), predict)
                    .await
                    .map_err(|_| Status::cancelled("cancelled"))??,
            };
            predicted(answered.into_inner()).ok_or_else(|| Status::internal("no output"))
        }
    }
}

fn within<T>(deadline: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(deadline);
    request
}

fn input_of(command: &Value) -> Input {
    let given = command["rows"].as_array().cloned().unwrap_or_default();
    match command["form"].as_str() {
        Some("tensor") => {
            let cells = |row: &Value| row.as_array().cloned().unwrap_or_default();
            let width = given.first().map_or(0, |row| cells(row).len());
            let values = given.iter().flat_map(cells).filter_map(|cell| cell.as_f64()).collect();
            Input::Tensor(Tensor { shape: vec![given.len() as u32, width as u32], values })
        }
        Some("body") => Input::Body(json!({"instances": given}).to_string().into_bytes()),
        _ => Input::Instances(rows::instances(given)),
    }
}

fn predicted(response: PredictResponse) -> Option<Value> {
    Some(match response.output? {
        Output::Tensor(tensor) => json!({"tensor": {"shape": tensor.shape, "values": tensor.values}}),
        Output::Body(body) => json!({"body": String::from_utf8_lossy(&body)}),
        Output::Predictions(predictions) => json!({"predictions": rows::json(&predictions)}),
    })
}

fn failed(status: &Status) -> Value {
    let failure = Failure::of(status);
    let violations: Vec<_> = failure
        .violations
        .iter()
        .map(|one| json!({"field": one.field, "description": one.description}))
        .collect();
    json!({
        "code": code_name(failure.code),
        "message": failure.message,
        "reason": failure.reason,
        "violations": violations,
        "retryDelayMs": failure.retry_delay.map(|delay| delay.as_millis() as u64),
    })
}

/// The name of a code in the gRPC specification.
fn code_name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    if code == Code::Ok { "OK".into() } else { name }
}
