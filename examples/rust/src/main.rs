//! A client in Rust: lists the models, gets one, asks for predictions, and shows what is wrong with a wrong row.
//!
//!     cd examples/rust
//!     cargo run [ADDRESS]         calls
//!     cargo run watch [ADDRESS]   keeps a mirror of the models
//!
//! ADDRESS is that of a running service, http://127.0.0.1:8080 by default: `npm run demo` starts one.

use std::process::ExitCode;
use std::time::Duration;

use client::failure::Failure;
use client::mirror::Mirror;
use client::registry::{
    GetModelRequest, ListModelsRequest, PredictRequest, predict_request::Input, predict_response::Output,
};
use client::retry::retry;
use client::{channel, rows};
use serde_json::json;
use tonic::transport::Channel;
use tonic::{Request, Status};

#[tokio::main]
async fn main() -> ExitCode {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let watches = args.first().is_some_and(|first| first == "watch");
    if watches {
        args.remove(0);
    }
    let address = args.pop().unwrap_or_else(|| "http://127.0.0.1:8080".into());
    let channel = match channel::open(address, None) {
        Ok(channel) => channel,
        Err(error) => {
            eprintln!("no address: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = if watches {
        let show = |models: &std::collections::BTreeMap<_, _>| {
            println!("models: {}", models.keys().cloned().collect::<Vec<String>>().join(", "));
        };
        Err(Mirror::default().follow(channel, show).await)
    } else {
        call(channel).await
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(status) => {
            eprintln!("{}", Failure::of(&status));
            ExitCode::FAILURE
        }
    }
}

async fn call(channel: Channel) -> Result<(), Status> {
    let registry = channel::registry(channel.clone());

    // Health: waits until the server serves, as clients with a service config do by themselves.
    let serving = channel::until_serving(channel, "kserve.registry.v1.ModelRegistry");
    tokio::time::timeout(Duration::from_secs(10), serving)
        .await
        .map_err(|_| Status::deadline_exceeded("the server does not serve"))??;

    // List: every registered model, page by page.
    let mut page_token = String::new();
    loop {
        let request = ListModelsRequest { page_token, ..Default::default() };
        let page = registry.clone().list_models(with_deadline(request)).await?.into_inner();
        for model in &page.models {
            let (kind, state) = (model.r#type().as_str_name(), model.state().as_str_name());
            println!("{} in {}: {kind}, {state}", model.name, model.namespace);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }

    // Get: one model, with where its predictions go.
    let request = GetModelRequest { name: "anomaly-detector".into(), ..Default::default() };
    let got = registry.clone().get_model(with_deadline(request)).await?.into_inner();
    let (model, address) = (got.model.unwrap_or_default(), got.address.unwrap_or_default());
    println!("{} is called at {}{}", model.name, address.url, address.predict_path);

    // Predict: rows of three features, again where the model is not ready. Instances are JSON; a tensor and a body are
    // the other forms.
    let request = predict_request("anomaly-detector", [json!([0.5, 1.2, 0.8])]);
    let answer = retry(|| {
        let (mut registry, request) = (registry.clone(), request.clone());
        async move { registry.predict(with_deadline(request)).await }
    })
    .await?
    .into_inner();
    if let Some(Output::Predictions(predictions)) = answer.output {
        println!("predictions: {}", rows::json(&predictions));
    }

    // An error has a code for programs, a message for people, a reason that does not change with its wording, and for a
    // wrong row each cell.
    let wrong = predict_request("disk-failure-predictor", [json!({"disk_utilization": 91.2, "iops": "many"})]);
    if let Err(status) = registry.clone().predict(with_deadline(wrong)).await {
        println!("error: {}", Failure::of(&status));
    }
    Ok(())
}

fn predict_request<const N: usize>(name: &str, instances: [serde_json::Value; N]) -> PredictRequest {
    let input = Some(Input::Instances(rows::instances(instances)));
    PredictRequest { name: name.into(), input, ..Default::default() }
}

/// Each call has a deadline: the service passes it on to the model.
fn with_deadline<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(Duration::from_secs(10));
    request
}
