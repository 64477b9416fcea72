"""An S3 server on loopback with the files of a folder in the bucket `models`: s3_server.py PORT FOLDER PREFIX"""

import pathlib
import sys
import time

import boto3
from moto.server import ThreadedMotoServer

port, folder, prefix = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False).start()
client = boto3.client(
    "s3",
    endpoint_url=f"http://127.0.0.1:{port}",
    region_name="us-east-1",
    aws_access_key_id="reader",
    aws_secret_access_key="secret",
)
client.create_bucket(Bucket="models")
for path in folder.rglob("*"):
    if path.is_file():
        client.upload_file(str(path), "models", f"{prefix}/{path.relative_to(folder)}")
print("the bucket is there", flush=True)
while True:
    time.sleep(3600)
